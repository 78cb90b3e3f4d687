import type { HostFacts, LinkFacts } from "../schema/facts.ts";
import { findLink } from "./find-nic.ts";
import type { PlanRequest } from "./rule.ts";

/** The uplink below the bridge that is asked for; undefined when there is none, or nobody looked. */
export const nicOf = ({ bridge }: PlanRequest, facts: HostFacts | undefined): LinkFacts | undefined =>
  facts && bridge.uplink ? findLink(facts, bridge.uplink.nic) : undefined;
