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
}

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
];
