import type { Rule } from "../rule.ts";

/**
 * This version makes the candidate. Judged last: who asks for a VF on a NIC that has none is told of the NIC, and of this only
 * where nothing else speaks against it.
 */
export const madeRule: Rule = {
  id: "made-by-this-version",
  source: "provider/resources/vm-interface-spec.ts: what VmInterface attaches",
  last: true,
  judge: (candidate) => candidate.notMade && { ...candidate.notMade, property: "bridge" },
};
