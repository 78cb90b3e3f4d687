export { type Candidate, candidates } from "./candidates.ts";
export { type Ability, type Cell, type Condition, capabilityTable, conditionText } from "./capability-table.ts";
export { explain, refusal } from "./explain.ts";
export { findLink, findNic } from "./find-nic.ts";
export { macvlansOn, masterOf } from "./nic-owner.ts";
export { type Plan, plan, type Verdict } from "./plan.ts";
export { relevantFacts } from "./relevant-facts.ts";
export type { PlanRequest, Rejection, Rule } from "./rule.ts";
export { rules } from "./rules/index.ts";
