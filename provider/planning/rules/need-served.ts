import type { Capability } from "../../schema/capability.ts";
import type { Candidate } from "../candidates.ts";
import { type Condition, capabilityTable, conditionText } from "../capability-table.ts";
import type { PlanRequest, Rule } from "../rule.ts";

/** Whether a condition holds; undefined when nobody knows. */
const holds = (condition: Condition, request: PlanRequest): boolean | undefined => {
  switch (condition) {
    case "switch-reflects": {
      const relay = request.bridge.uplink?.reflectiveRelay ?? "unknown";
      return relay === "unknown" ? undefined : relay === "active";
    }
    case "all-multicast":
      return request.allMulticast;
    default:
      return undefined;
  }
};

const unserved = (candidate: Candidate, need: Capability, request: PlanRequest): string | undefined => {
  if (candidate.kind === "macvtap-endpoint") return undefined;
  const { ability, source } = capabilityTable[candidate.kind][need];
  if (ability === "yes") return undefined;
  if (ability === "no") return `it does not give ${need} (${source})`;
  const known = holds(ability.onlyIf, request);
  if (known === true) return undefined;
  const doubt = known === false ? "which is not so" : "which nobody has said";
  return `it gives ${need} only if ${conditionText[ability.onlyIf]}, ${doubt}`;
};

/** Every need is served. What is only possible under an unknown condition is not served: state it on the Uplink (`assume`). */
export const needServedRule: Rule = {
  id: "need-served",
  source: "the capability table",
  judge: (candidate, request) => {
    const missing = request.needs.map((need) => unserved(candidate, need, request)).filter((why) => why !== undefined);
    if (missing.length === 0) return undefined;
    const aboutSwitch = missing.some((why) => why.includes(conditionText["switch-reflects"]));
    return {
      reason: missing.join("; "),
      remedy: aboutSwitch
        ? 'enable reflective relay on the switch\'s port and let the Uplink look (reflectiveRelay: "probe"), or say so there: ' +
          'assume: { reflectiveRelay: "active" }'
        : "drop the need, or use a bridge of another type",
      property: "needs",
    };
  },
};
