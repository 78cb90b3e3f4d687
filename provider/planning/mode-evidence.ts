import type { HostFacts, LinkFacts } from "../schema/facts.ts";
import { markPrefix } from "../schema/mark.ts";
import type { BridgeType, BridgingMode } from "../schema/mode.ts";
import type { HostBridgeRef, UplinkRef } from "../schema/ref.ts";
import { candidates } from "./candidates.ts";
import { capabilityTable } from "./capability-table.ts";
import { hasEmbeddedSwitch } from "./embedded-switch.ts";
import { nearestVerdict } from "./explain.ts";
import { findLink } from "./find-nic.ts";
import { plan, type Verdict } from "./plan.ts";
import type { PlanRequest, Rejection } from "./rule.ts";
import { bridgeTypeRule } from "./rules/intent.ts";

/** Whether a bridge of a type gives a mode on an uplink, and why: what the planner says to a request for just that. */
export type ModeEvidence = {
  readonly type: BridgeType;
  readonly mode: BridgingMode;
  /** `only-if`: an interface can be attached, but its VMs reach each other only under a condition, which `reason` names. */
  readonly supported: "yes" | "only-if" | "no";
  /** The ids of the rules that speak against it, or make the condition. */
  readonly rules: readonly string[];
  readonly reason: string;
  /** What would change it; null where nothing needs to be. */
  readonly remedy: string | null;
};

// Those that something realizes. Not the schema's lists: a program that only imports the planner's types would load zod for them.
const types = [...new Set(candidates.flatMap(({ bridgeTypes }) => bridgeTypes))];
const modes = [...new Set(candidates.map(({ mode }) => mode))];

/** Nothing but the mode is asked for. */
const minimal = (bridge: HostBridgeRef, mode: BridgingMode): PlanRequest => ({
  bridge,
  mode,
  needs: [],
  options: [],
  allMulticast: true,
});

/** What must be so for VMs to reach each other by a realization that is meant to let them; undefined when nothing must. */
const conditionOf = ({ candidate }: Verdict, request: PlanRequest, facts: HostFacts | undefined) => {
  if (candidate.kind === "macvtap-endpoint") return undefined;
  const { ability } = capabilityTable[candidate.kind]["vm-to-vm"];
  if (ability === "yes" || ability === "no") return undefined;
  return plan({ ...request, needs: ["vm-to-vm"] }, facts).verdicts.find((each) => each.candidate === candidate)
    ?.rejections[0];
};

/** Several remedies are several things to do. */
const remedyOf = (rejections: readonly Rejection[]): string | null =>
  rejections.flatMap(({ remedy }) => remedy ?? []).join("; and ") || null;

const evidenceOf = (bridge: HostBridgeRef, mode: BridgingMode, facts: HostFacts | undefined): ModeEvidence => {
  const request = minimal(bridge, mode);
  const decided = plan(request, facts);
  const asked = { type: bridge.type, mode };
  const taken = decided.verdicts.find((verdict) => verdict.taken);
  if (taken === undefined) {
    const all = nearestVerdict(decided)?.rejections ?? [];
    // What another type of bridge would say to it is told of that type.
    const elsewhere = all.filter(({ rule }) => rule === bridgeTypeRule.id);
    const rejections = elsewhere.length > 0 ? elsewhere : all;
    return {
      ...asked,
      supported: "no",
      rules: rejections.map(({ rule }) => rule),
      reason: rejections.map(({ reason }) => reason).join("; and ") || "nothing realizes it",
      remedy: remedyOf(rejections),
    };
  }
  const condition = conditionOf(taken, request, facts);
  if (condition === undefined) {
    return { ...asked, supported: "yes", rules: [], reason: taken.candidate.title, remedy: null };
  }
  return {
    ...asked,
    supported: "only-if",
    rules: [condition.rule],
    reason: `${taken.candidate.title}: ${condition.reason}`,
    remedy: condition.remedy ?? null,
  };
};

/** What one bridge supports: each mode, in the words of the planner's rules. */
export const bridgeEvidence = (bridge: HostBridgeRef, facts?: HostFacts): ModeEvidence[] =>
  modes.map((mode) => evidenceOf(bridge, mode, facts));

export const modesOf = (evidence: readonly ModeEvidence[]): BridgingMode[] =>
  evidence.filter(({ supported }) => supported !== "no").map(({ mode }) => mode);

const refOf = (facts: HostFacts, nic: LinkFacts): UplinkRef => ({
  kind: "Uplink",
  host: facts.hostname,
  nic: nic.name,
  reflectiveRelay: "unknown",
});

/**
 * What an uplink supports: each type of bridge, each mode. `ref` says what was stated of the uplink. A bridge that somebody
 * else made counts where the NIC is in one; a bridge of this provider's that it is in counts as `hypervisor`; the NIC's own
 * switch (`embedded`) counts where there is one.
 */
export const uplinkEvidence = (facts: HostFacts, nic: LinkFacts, ref = refOf(facts, nic)): ModeEvidence[] => {
  const master = nic.master === null ? undefined : findLink(facts, nic.master);
  const ours = master?.alias?.startsWith(markPrefix) ? master : undefined;
  const foreign = master?.kind === "bridge" && ours === undefined ? master : undefined;
  const on = (type: BridgeType, bridge?: LinkFacts): ModeEvidence[] => {
    const device = bridge && { device: bridge.name };
    return bridgeEvidence({ kind: "HostBridge", host: ref.host, type, uplink: ref, mode: "all", ...device }, facts);
  };
  return types.flatMap((type) => {
    if (type === "existing") return foreign === undefined ? [] : on(type, foreign);
    if (type === "embedded" && !hasEmbeddedSwitch(nic)) return [];
    return on(type, type === "hypervisor" ? ours : undefined);
  });
};
