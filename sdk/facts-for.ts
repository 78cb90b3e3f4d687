import * as pulumi from "@pulumi/pulumi";
import { relevantFacts } from "../provider/planning/index.ts";
import type { HostFacts } from "../provider/schema/facts.ts";
import type { NicSelector } from "../provider/schema/uplink.ts";
import type { HostOrigin } from "./host.ts";

interface Concerns {
  readonly nic?: pulumi.Input<NicSelector | undefined> | undefined;
  readonly links?: readonly (pulumi.Input<string | undefined> | undefined)[];
  readonly domain?: pulumi.Input<string | undefined> | undefined;
}

/** The facts that check decides a resource on: those of its host that concern it. Where there are none, nothing is asked. */
export const factsFor = ({ facts }: HostOrigin, concerns: () => Concerns): pulumi.Output<HostFacts> | undefined => {
  if (facts === undefined) return undefined;
  const { nic, links = [], domain } = concerns();
  return pulumi
    .all([nic, pulumi.all([...links]), domain] as const)
    .apply(([ofNic, named, ofDomain]) => relevantFacts(facts, { nic: ofNic, links: named, domain: ofDomain }));
};
