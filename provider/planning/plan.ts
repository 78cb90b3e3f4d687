import type { Capability } from "../schema/capability.ts";
import type { HostFacts } from "../schema/facts.ts";
import type { Realization } from "../schema/realization.ts";
import { type Candidate, candidates } from "./candidates.ts";
import { givenUpBy } from "./given-up.ts";
import type { PlanRequest, Rejection, Rule } from "./rule.ts";
import { rules } from "./rules/index.ts";
import { vlanLinkOf } from "./vlan-link.ts";

export interface Verdict {
  readonly candidate: Candidate;
  readonly taken: boolean;
  /** The rules that rejected it; empty for those that would serve. */
  readonly rejections: readonly (Rejection & { readonly rule: string })[];
}

export interface Plan {
  /** Missing when no candidate serves. */
  readonly realization?: Realization;
  readonly mode?: Candidate["mode"];
  /** What the one taken costs, against the others. */
  readonly cost?: number;
  /** What it can't do by any means, and another realization could. */
  readonly givesUp?: readonly Capability[];
  /** Every candidate, taken or not, and why. */
  readonly verdicts: readonly Verdict[];
}

const [first, last] = [rules.filter((rule) => !rule.last), rules.filter((rule) => rule.last)];

const judge = (candidate: Candidate, request: PlanRequest, facts: HostFacts | undefined): Verdict["rejections"] => {
  const by = (some: readonly Rule[]) =>
    some.flatMap((rule) => {
      const rejection = rule.judge(candidate, request, facts);
      return rejection === undefined ? [] : [{ rule: rule.id, ...rejection }];
    });
  const rejections = by(first);
  return rejections.length > 0 ? rejections : by(last);
};

const sourceOf = (candidate: Candidate, request: PlanRequest, facts: HostFacts | undefined): string | undefined =>
  candidate.kind === "linux-bridge"
    ? request.bridge.device
    : (vlanLinkOf(candidate, request, facts)?.name ?? request.bridge.uplink?.nic);

/** Why the chosen one, as rule ids: what decided between those that were possible at all. */
const because = (chosen: Candidate, request: PlanRequest, serving: readonly Candidate[]): string[] => {
  const reasons = [];
  if (request.mode !== undefined) reasons.push("mode-asked");
  else if (chosen.kind === request.current && serving.some((other) => other.cost < chosen.cost)) reasons.push("kept");
  else reasons.push("cheapest");
  if (request.needs.length > 0) reasons.push("need-served");
  reasons.push(`bridge-type-${request.bridge.type}`);
  return reasons;
};

/** The realization for a request: the one in place while it serves, else the cheapest that does. Pure and total. */
export const plan = (request: PlanRequest, facts?: HostFacts): Plan => {
  const judged = candidates.map((candidate) => ({ candidate, rejections: judge(candidate, request, facts) }));
  const serving = judged.filter(({ rejections }) => rejections.length === 0).map(({ candidate }) => candidate);
  const chosen =
    serving.find(({ kind }) => kind === request.current) ?? [...serving].sort((a, b) => a.cost - b.cost)[0];
  const verdicts = judged.map((each) => ({ ...each, taken: each.candidate === chosen }));
  const source = chosen && sourceOf(chosen, request, facts);
  if (chosen === undefined || source === undefined) return { verdicts };
  return {
    realization: { kind: chosen.kind, source, because: because(chosen, request, serving) },
    mode: chosen.mode,
    cost: chosen.cost,
    givesUp: givenUpBy(chosen),
    verdicts,
  };
};
