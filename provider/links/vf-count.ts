import type { Step } from "../host/host.ts";

/**
 * From one number of VFs to another: the kernel goes by way of none (drivers/pci/iov.c, sriov_numvfs_store: EBUSY). A write waits for
 * as long as a domain holds a VF: look first.
 */
export function changeVfCount(nic: string, from: number, to: number): Step[] {
  const set = (count: number): Step => ({
    verb: "set",
    path: `/sys/class/net/${nic}/device/sriov_numvfs`,
    value: String(count),
  });
  if (from === to) return [];
  return [...(from > 0 ? [set(0)] : []), ...(to > 0 ? [set(to)] : [])];
}
