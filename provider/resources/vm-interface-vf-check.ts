import { vfCountOf } from "../planning/index.ts";
import type { HostFacts } from "../schema/facts.ts";
import type { VmInterfaceInputs } from "../schema/vm-interface.ts";
import type { Failure, Properties } from "./resource-kind.ts";
import { claimForGuest, claimVf, pickVf } from "./vf-registry.ts";
import { attachedVf } from "./vm-interface-vf.ts";

type Values = Partial<VmInterfaceInputs>;

/** What is said of a VF is said once: libvirt sets MAC and VLAN when the domain gets it. */
export const vfContradictions = ({ vf, host, mac, vlan, bridge, endpoint }: Values): Failure[] => {
  if (vf === undefined) return [];
  const failures: Failure[] = [];
  if (bridge !== undefined || endpoint !== undefined) {
    const reason = `a VF is a port of the NIC's own switch: leave ${bridge === undefined ? "endpoint" : "bridge"} out`;
    failures.push({ property: "vf", reason });
  }
  if (host !== undefined && vf.host !== host) {
    const reason = `it is on the host ${vf.host}, and this interface on ${host}: both must be the same host`;
    failures.push({ property: "vf", reason });
  }
  if (mac !== undefined && vf.mac !== undefined && mac !== vf.mac) {
    failures.push({ property: "mac", reason: `the SriovVirtualFunction has the address ${vf.mac}: leave mac out` });
  }
  if (vlan !== undefined && vf.vlan !== undefined && vlan !== vf.vlan) {
    failures.push({ property: "vlan", reason: `the SriovVirtualFunction is in VLAN ${vf.vlan}: leave vlan out` });
  }
  return failures;
};

interface Chosen {
  /** Left out where nothing tells of the VFs: then the update picks it. */
  readonly vfIndex?: number;
  readonly failure?: Failure;
}

/** The VF of an interface: the one given, else the one that it has, else the lowest that is free. */
export const chooseVf = (
  { vf, bridge, host }: Values,
  olds: Properties,
  mark: string,
  facts: HostFacts | undefined,
): Chosen => {
  const uplink = vf?.uplink ?? bridge?.uplink;
  if (uplink === undefined || host === undefined) return {};
  const claim = { host, nic: uplink.nic, mark };
  const taken = (vfIndex: number, owner: string): Chosen => {
    const reason = `VF ${vfIndex} of ${uplink.nic} of ${host} is ${owner}'s already: a VF is for one VM, take another one`;
    return { vfIndex, failure: { property: vf === undefined ? "bridge" : "vf", reason } };
  };
  if (vf !== undefined) {
    // Of the SriovVirtualFunction, and through it this guest's.
    const owner = claimForGuest(claim, vf.vfIndex);
    return owner === undefined ? { vfIndex: vf.vfIndex } : taken(vf.vfIndex, owner);
  }
  const kept = typeof olds.vfIndex === "number" ? olds.vfIndex : attachedVf(facts, uplink.nic, mark);
  if (kept !== undefined) {
    const owner = claimVf(claim, kept);
    return owner === undefined ? { vfIndex: kept } : taken(kept, owner);
  }
  const nic = facts?.links.find(({ name }) => name === uplink.nic);
  const count = vfCountOf(uplink, nic);
  const vfIndex = pickVf(claim, count, facts);
  if (vfIndex !== undefined) return { vfIndex };
  // Without any, and with all in others' hands, the planner's rules say more.
  const isKnown = count > 0 && (nic !== undefined || uplink.numVfs !== undefined);
  if (!isKnown) return {};
  const reason = `no VF of ${uplink.nic} of ${host} is free: of its ${count} each is held, or is another resource's of this program`;
  return { failure: { property: "bridge", reason } };
};
