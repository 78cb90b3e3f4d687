import { linkFilesStep, readLinks } from "../discovery/read-links.ts";
import type { Answer, Request, Step } from "../host/host.ts";
import type { LinkFacts } from "../schema/facts.ts";
import { ipBatch } from "./batch.ts";

/** What is managed of a NIC; what is left out stays as it is. The originals to put back are of the same form. */
export interface NicWanted {
  /** Lowering it lowers the MTU of macvtaps and VLAN links on it, for good: raising it again does not raise theirs. */
  readonly mtu?: number;
  /** Down takes the host's IPv6 addresses and static routes of this NIC with it. */
  readonly up?: boolean;
}

/** Brings a NIC to what is wanted; nothing to do: no steps. Some drivers refuse an MTU while up or with XDP: `ip` says so. */
export function changeNic(observed: LinkFacts, wanted: NicWanted): Request["steps"] {
  const { name } = observed;
  const set: string[][] = [];
  if (wanted.mtu !== undefined && wanted.mtu !== observed.mtu) {
    set.push(["link", "set", "dev", name, "mtu", String(wanted.mtu)]);
  }
  if (wanted.up !== undefined && wanted.up !== observed.up) {
    set.push(["link", "set", "dev", name, wanted.up ? "up" : "down"]);
  }
  if (set.length === 0) return [];
  return [ipBatch([...set, ["addr", "show", "dev", name]]), linkFilesStep(name)];
}

/** The same for a NIC of which nothing is known, as when the host boots: then it has no VFs, and nobody who holds one. */
export function nicAtBoot(
  name: string,
  wanted: { mtu?: number | undefined; up: boolean; numVfs?: number | undefined },
) {
  const { mtu, up, numVfs } = wanted;
  const set = ["link", "set", "dev", name, ...(mtu === undefined ? [] : ["mtu", String(mtu)]), up ? "up" : "down"];
  const steps: Step[] = [ipBatch([set])];
  if (numVfs !== undefined) {
    steps.push({ verb: "set", path: `/sys/class/net/${name}/device/sriov_numvfs`, value: String(numVfs) });
  }
  return steps;
}

/** What {@link changeNic} left, from the answer to just its steps; `host` is its name. */
export function readNic(answer: Answer, host: string): LinkFacts {
  return readLinks(answer, host)[0];
}
