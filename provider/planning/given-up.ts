import type { Capability } from "../schema/capability.ts";
import type { Candidate } from "./candidates.ts";
import { capabilityTable } from "./capability-table.ts";

const isCapability = (name: string): name is Capability => name in capabilityTable["linux-bridge"];

/** The capabilities that a candidate does not give by any means. */
export const givenUpBy = ({ kind }: Candidate): Capability[] => {
  if (kind === "macvtap-endpoint") return [];
  const cells = capabilityTable[kind];
  return Object.keys(cells)
    .filter(isCapability)
    .filter((capability) => cells[capability].ability === "no");
};
