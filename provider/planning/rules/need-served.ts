import type { Capability } from "../../schema/capability.ts";
import type { Candidate } from "../candidates.ts";
import { type Condition, capabilityTable, conditionText, needText } from "../capability-table.ts";
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
    case "isolated-port":
      return request.options.includes("isolated");
    // Whether it can be had there is for rules/vlan.ts to say.
    case "filtering-bridge":
    case "vlan-link-below":
      return request.vlan === undefined ? undefined : true;
    default:
      return undefined;
  }
};

interface Unserved {
  readonly reason: string;
  readonly remedy: string;
}

const otherwise = "drop the need, or use a bridge of another type";
const letItReflect =
  'enable reflective relay on the switch\'s port and let the Uplink look (reflectiveRelay: "probe"), or say so there: ' +
  'assume: { reflectiveRelay: "active" }';

const sayWhich = "say which: vlan: 100";

const remedies: { readonly [Each in Condition]?: string } = {
  "switch-reflects": letItReflect,
  teaming:
    "this version teams no VF with a virtio NIC: drop the need, or use a bridge of type hypervisor or ethernet, or give the guest " +
    "an interface on each and bond them in it",
  "filtering-bridge": sayWhich,
  "vlan-link-below": sayWhich,
};

const unserved = (candidate: Candidate, need: Capability, request: PlanRequest): Unserved | undefined => {
  if (candidate.kind === "macvtap-endpoint") return undefined;
  const { ability } = capabilityTable[candidate.kind][need];
  if (ability === "yes") return undefined;
  if (ability === "no") return { reason: `it does not give ${need} (${needText[need]})`, remedy: otherwise };
  if (ability === "driver") {
    const stated: readonly Capability[] = request.bridge.uplink?.vfCapabilities ?? [];
    if (stated.includes(need)) return undefined;
    return {
      reason: `whether it gives ${need} is the NIC's and its driver's to decide, and nobody has said`,
      remedy: `if it does, say so on the Uplink: assume: { vfCapabilities: ["${need}"] }`,
    };
  }
  const known = holds(ability.onlyIf, request);
  if (known === true) return undefined;
  const doubt = known === false ? "which is not so" : "which nobody has said";
  return {
    reason: `it gives ${need} only if ${conditionText[ability.onlyIf]}, ${doubt}`,
    remedy: remedies[ability.onlyIf] ?? otherwise,
  };
};

/**
 * Every need is served. What is only possible under an unknown condition, or where the NIC decides, is not served: state it on
 * the Uplink (`assume`).
 */
export const needServedRule: Rule = {
  id: "need-served",
  source: "the capability table",
  judge: (candidate, request) => {
    const missing = request.needs.flatMap((need) => unserved(candidate, need, request) ?? []);
    if (missing.length === 0) return undefined;
    return {
      reason: missing.map(({ reason }) => reason).join("; "),
      remedy: [...new Set(missing.map(({ remedy }) => remedy))].join("; and "),
      property: "needs",
    };
  },
};
