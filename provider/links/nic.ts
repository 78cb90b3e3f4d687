import { linkFilesStep, readLinks } from "../discovery/read-links.ts";
import type { Answer, Request, Step } from "../host/host.ts";
import type { LinkFacts } from "../schema/facts.ts";
import { markPrefix } from "../schema/mark.ts";
import { ipBatch } from "./batch.ts";
import { type NicAddress, type NicModes, setEmbeddedSwitch, setEswitchMode, setSourcePruning } from "./nic-modes.ts";
import { changeVfCount } from "./vf-count.ts";

/** What is managed of a NIC; what is left out stays as it is. The originals to put back are of the same form. */
export interface NicWanted {
  /** Lowering it lowers the MTU of macvtaps and VLAN links on it, for good: raising it again does not raise theirs. */
  readonly mtu?: number;
  /** Down takes the host's IPv6 addresses and static routes of this NIC with it. */
  readonly up?: boolean;
}

/**
 * The bridge of ours that a NIC is in: where it is to pass no more than the NIC does, it is lowered before. What is sent by it
 * would else be lost, by the host itself as well.
 */
function lowerBridge(bridge: LinkFacts | undefined, mtu: number): string[][] {
  const isOurs = bridge?.kind === "bridge" && bridge.alias?.startsWith(markPrefix);
  return isOurs && bridge.mtu > mtu ? [["link", "set", "dev", bridge.name, "mtu", String(mtu)]] : [];
}

/** Brings a NIC to what is wanted; nothing to do: no steps. Some drivers refuse an MTU while up or with XDP: `ip` says so. */
export function changeNic(observed: LinkFacts, wanted: NicWanted, bridge?: LinkFacts): Request["steps"] {
  const { name } = observed;
  const set: string[][] = [];
  if (wanted.mtu !== undefined && wanted.mtu !== observed.mtu) {
    set.push(...lowerBridge(bridge, wanted.mtu), ["link", "set", "dev", name, "mtu", String(wanted.mtu)]);
  }
  if (wanted.up !== undefined && wanted.up !== observed.up) {
    set.push(["link", "set", "dev", name, wanted.up ? "up" : "down"]);
  }
  if (set.length === 0) return [];
  return [ipBatch([...set, ["addr", "show", "dev", name]]), linkFilesStep(name)];
}

interface NicAtBoot extends NicWanted, NicModes {
  readonly numVfs?: number;
}

/**
 * The same, and what else an Uplink manages, for a NIC of a host that boots: it has no VFs, and nobody holds one. Drivers drop what is set
 * of the VFs of a NIC that is down.
 */
export function nicAtBoot(nic: NicAddress, wanted: NicAtBoot): Step[] {
  const { mtu, up, numVfs, embeddedSwitch, eswitchMode, sourcePruning } = wanted;
  const set = ["link", "set", "dev", nic.name];
  if (mtu !== undefined) set.push("mtu", String(mtu));
  if (up !== undefined) set.push(up ? "up" : "down");
  return [
    ipBatch([set]),
    ...(sourcePruning === undefined ? [] : [setSourcePruning(nic, sourcePruning)]),
    ...(eswitchMode === undefined ? [] : [setEswitchMode(nic, eswitchMode)]),
    ...(numVfs === undefined ? [] : changeVfCount(nic.name, 0, numVfs)),
    ...(embeddedSwitch === undefined ? [] : [setEmbeddedSwitch(nic, embeddedSwitch)]),
  ];
}

/** What {@link changeNic} left, from the answer to just its steps; `host` is its name. */
export function readNic(answer: Answer, host: string): LinkFacts {
  return readLinks(answer, host)[0];
}
