export { addressesMovedBy, movedBy } from "./address-manager.ts";
export { bridgeOfVf } from "./bridge-of-vf.ts";
export { bridgeRefusal, bridgeUnderRelay } from "./bridge-refusal.ts";
export { type Candidate, candidates } from "./candidates.ts";
export {
  type Ability,
  type Cell,
  type Condition,
  capabilityTable,
  conditionText,
  needText,
} from "./capability-table.ts";
export { carriedAddresses, carriesSession, hostAddresses } from "./carries-session.ts";
export {
  eswitchDrivers,
  hasEmbeddedSwitch,
  legacyOnlyDrivers,
  sourcePruningDriver,
  vebOnlyDrivers,
  vepaDrivers,
  withEmbeddedSwitch,
} from "./embedded-switch.ts";
export { explain, refusal } from "./explain.ts";
export { findLink, findNic, noBridge, noUplink } from "./find-nic.ts";
export { bridgeEvidence, type ModeEvidence, modesOf, uplinkEvidence } from "./mode-evidence.ts";
export { macvlansOn, masterOf, passthroughOn } from "./nic-owner.ts";
export { missingForPepa } from "./pepa-requirements.ts";
export { type Plan, plan, type Verdict } from "./plan.ts";
export * from "./reachability/index.ts";
export { type Relay, type RelayProbe, relayOf, withRelay } from "./relay.ts";
export { relevantFacts } from "./relevant-facts.ts";
export type { PlanRequest, Rejection, Rule, VfRequest } from "./rule.ts";
export { rules } from "./rules/index.ts";
export { linksAbove, linksBelow, nicsBelow } from "./stacked-links.ts";
export { type UplinkFacts, uplinkFacts } from "./uplink-facts.ts";
export { relayAdvertised, type UplinkMember } from "./uplink-members.ts";
export { vfDomain, vfHolder, vfHolders, vfLink, vfLinkUse } from "./vf-holder.ts";
export { isHeldBy, vfCountOf } from "./vf-of-interface.ts";
export { vlanLinkMark, vlanLinkName, vlanLinkOn } from "./vlan-link.ts";
