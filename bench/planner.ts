import { type PlanRequest, plan } from "../provider/planning/index.ts";
import type { HostFacts } from "../provider/schema/facts.ts";
import { facts, link } from "../test/planning/facts.ts";
import { median } from "./median.ts";

const hosts = 100;
const interfacesPerHost = 100;

/** A host that carries as many macvtaps as interfaces are planned on it. */
const factsOfHost = (): HostFacts =>
  facts([
    link("eth1"),
    ...Array.from({ length: interfacesPerHost }, (_, index) =>
      link(`vm-${index}`, { index: 10 + index, kind: "macvtap", macvtapMode: "vepa", lower: "eth1", nic: null }),
    ),
  ]);

const requestOf = (host: string, index: number): PlanRequest => ({
  bridge: {
    kind: "HostBridge",
    host,
    type: "ethernet",
    uplink: { kind: "Uplink", host, nic: "eth1", reflectiveRelay: "active" },
    mode: "all",
  },
  needs: index % 2 === 0 ? ["vm-to-vm"] : ["switch-visible"],
  options: [],
  allMulticast: true,
});

/** Seconds that the planner takes for a fleet of 10,000 interfaces: the median of some rounds. */
export const measurePlanner = (rounds: number): { readonly interfaces: number; readonly seconds: number } => {
  const fleet = Array.from({ length: hosts }, (_, index) => `hv${index}`).map((host) => ({
    host,
    facts: factsOfHost(),
  }));
  const seconds = Array.from({ length: rounds }, () => {
    const begun = performance.now();
    for (const { host, facts: known } of fleet)
      for (let index = 0; index < interfacesPerHost; index += 1)
        if (plan(requestOf(host, index), known).realization === undefined) throw new Error("nothing serves");
    return (performance.now() - begun) / 1000;
  });
  return { interfaces: hosts * interfacesPerHost, seconds: median(seconds) };
};
