import type { BridgeType, BridgingMode } from "../schema/mode.ts";
import type { RealizationKind } from "../schema/realization.ts";

/** A way to attach a VM. A new realization begins with a row here. */
export interface Candidate {
  readonly kind: RealizationKind;
  /** What it is, for a person. */
  readonly title: string;
  /** The intent it realizes. */
  readonly mode: BridgingMode;
  readonly bridgeTypes: readonly BridgeType[];
  /** What it costs against the others: the least that serves is taken. */
  readonly cost: number;
  /** That this version plans it and can't make it, and what it can make instead. Such a candidate is never taken. */
  readonly notMade?: { readonly reason: string; readonly remedy: string };
}

/** Whether it gives the guest a VF of the uplink. */
export const isOnVf = ({ bridgeTypes }: Candidate): boolean => bridgeTypes.includes("embedded");

export const candidates: readonly Candidate[] = [
  {
    kind: "linux-bridge",
    title: "a tap on the Linux bridge",
    mode: "veb",
    bridgeTypes: ["hypervisor", "existing"],
    cost: 1,
  },
  { kind: "macvtap-bridge", title: "a macvtap in bridge mode", mode: "veb", bridgeTypes: ["ethernet"], cost: 1 },
  // Each frame between two VMs of the host crosses the cable twice.
  { kind: "macvtap-vepa", title: "a macvtap in vepa mode", mode: "vepa", bridgeTypes: ["ethernet"], cost: 2 },
  {
    kind: "macvtap-private",
    title: "a macvtap in private mode behind a filter",
    mode: "pepa",
    bridgeTypes: ["ethernet"],
    cost: 3,
  },
  // The whole NIC for one VM.
  {
    kind: "macvtap-passthrough",
    title: "a macvtap in passthrough mode, which has the uplink for itself",
    mode: "vepa",
    bridgeTypes: ["ethernet"],
    cost: 5,
    notMade: {
      reason: "this version of pulumi-kvm-network gives no VM a whole uplink",
      remedy: "use a bridge of type hypervisor where a guest has several MACs, or attach it by hand",
    },
  },
  // One of a few VFs, and of the host's memory what the guest has: it is pinned.
  {
    kind: "vf-veb",
    title: "a VF of the NIC's own switch",
    mode: "veb",
    bridgeTypes: ["embedded"],
    cost: 2,
  },
  {
    kind: "vf-vepa",
    title: "a VF whose frames the NIC hands to the adjacent switch",
    mode: "vepa",
    bridgeTypes: ["embedded"],
    cost: 3,
  },
  // A VF, and yet software on the way to it.
  {
    kind: "vf-passthrough",
    title: "a macvtap in passthrough mode on a VF",
    mode: "veb",
    bridgeTypes: ["embedded"],
    cost: 4,
  },
];
