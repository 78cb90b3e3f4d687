import type { Capability } from "../schema/capability.ts";
import type { HostFacts } from "../schema/facts.ts";
import type { InterfaceFeature } from "../schema/libvirt-features.ts";
import type { BridgingMode } from "../schema/mode.ts";
import type { HostBridgeRef, SriovVirtualFunctionRef } from "../schema/ref.ts";
import type { Vlan } from "../schema/vlan.ts";
import type { Candidate } from "./candidates.ts";

/** One VF of the bridge's uplink. */
export interface VfRequest {
  readonly index: number;
  /** By what the interface is known in a domain: what has the VF then is the one that asks. */
  readonly alias: string;
  /** As a program names it. Left out where it was picked. */
  readonly given?: SriovVirtualFunctionRef | undefined;
}

/** What is asked of one attachment. */
export interface PlanRequest {
  readonly bridge: HostBridgeRef;
  readonly mode?: BridgingMode | undefined;
  readonly needs: readonly Capability[];
  readonly mtu?: number | undefined;
  readonly vlan?: Vlan | undefined;
  /** What is asked of libvirt beyond the interface itself. */
  readonly options: readonly InterfaceFeature[];
  readonly allMulticast: boolean;
  /** The VF that it is to have; left out where any will do. */
  readonly vf?: VfRequest | undefined;
  /** The realization in place: kept while it serves. */
  readonly current?: string | undefined;
}

export interface Rejection {
  /** Why this candidate does not serve, in words an operator understands. */
  readonly reason: string;
  /** What would change that. */
  readonly remedy?: string;
  /** The input of the request that a person would change. Default: `mode`. */
  readonly property?: string;
}

/** One constraint. `judge` is pure; without facts of the host it rejects only what the request itself tells. */
export interface Rule {
  readonly id: string;
  /** Where the constraint comes from. */
  readonly source: string;
  /** Judged only where no other rule speaks against the candidate. */
  readonly last?: true;
  judge(candidate: Candidate, request: PlanRequest, facts: HostFacts | undefined): Rejection | undefined;
}
