/**
 * Who reaches whom between macvtaps under one adjacent switch, as the kernel decides it (drivers/net/macvlan.c:
 * macvlan_queue_xmit, macvlan_handle_frame, macvlan_multicast_rx).
 */
export type Mode = "bridge" | "vepa" | "private";
export type FrameKind = "unicast" | "broadcast" | "multicast";

export interface Place {
  readonly hypervisor: string;
  readonly mode: Mode;
}

/** How often a frame of `from` arrives at `to`; `reflects`: the switch's port of `from`'s host. */
export const arrivals = (from: Place, to: Place, kind: FrameKind, reflects: boolean): number => {
  // A switch forwards between its ports whatever the modes are.
  if (from.hypervisor !== to.hypervisor) return 1;
  // Both in bridge mode: on the host, and never a second time by the switch.
  if (from.mode === "bridge" && to.mode === "bridge") return 1;
  if (!reflects) return 0;
  if (kind === "unicast") return 1;
  // A reflected group frame of a private endpoint goes back to itself alone, and a private one hears no neighbour.
  return from.mode === "private" || to.mode === "private" ? 0 : 1;
};
