import type { HostFacts, LinkFacts, VirtualFunctionFacts } from "../schema/facts.ts";
import type { UplinkRef } from "../schema/ref.ts";
import { vfLink } from "./vf-holder.ts";

/** How many VFs a NIC has, or will have when its Uplink is updated. */
export const vfCountOf = (uplink: UplinkRef | undefined, nic: LinkFacts | undefined): number =>
  uplink?.numVfs ?? nic?.nic?.sriov?.vfs ?? 0;

/** Whether a domain has the VF, itself or by a macvtap, in the interface of that alias. */
export const isHeldBy = (facts: HostFacts, vf: VirtualFunctionFacts, alias: string): boolean => {
  const sources = [vf.pci, vfLink(facts, vf)?.name];
  return facts.domains.some(({ live, config }) =>
    [...live, ...config].some((nic) => nic.alias === alias && nic.source !== null && sources.includes(nic.source)),
  );
};
