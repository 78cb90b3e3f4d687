import type { HostFacts, LinkFacts } from "../schema/facts.ts";
import { type Candidate, isOnVf } from "./candidates.ts";
import { nicOf } from "./nic-of-request.ts";
import type { PlanRequest } from "./rule.ts";

export interface Pf {
  readonly facts: HostFacts;
  readonly nic: LinkFacts;
  /** The NIC and its host, for a person. */
  readonly where: string;
}

/** Whether a candidate is a VF, and the bridge asked for is its NIC's own switch. */
export const isVfAsked = (candidate: Candidate, { bridge }: PlanRequest): boolean =>
  isOnVf(candidate) && candidate.bridgeTypes.includes(bridge.type);

/** The NIC that a candidate would be a VF of; undefined where it would be none, or nobody looked at the host. */
export const pfOf = (candidate: Candidate, request: PlanRequest, facts: HostFacts | undefined): Pf | undefined => {
  const nic = isVfAsked(candidate, request) ? nicOf(request, facts) : undefined;
  return nic && facts && { facts, nic, where: `${nic.name} of ${facts.hostname}` };
};
