import { findLink } from "../planning/index.ts";
import type { HostFacts } from "../schema/facts.ts";
import { defaultRollbackSeconds, isCarrier } from "./change-carrier.ts";
import type { Properties } from "./resource-kind.ts";

/**
 * The input that marks a resource whose changes go through a transaction. It says what is changed by one, so that it differs in a
 * preview whenever that does; undefined where the host is not reached by this NIC. Without facts it is as it was.
 */
export const transactionMark = (
  what: readonly string[],
  nic: string | undefined,
  {
    facts,
    olds,
    rollbackSeconds = defaultRollbackSeconds,
  }: {
    readonly facts: HostFacts | undefined;
    readonly olds: Properties;
    readonly rollbackSeconds: number | undefined;
  },
): string | undefined => {
  if (what.length === 0 || nic === undefined) return undefined;
  const link = facts && findLink(facts, nic);
  const carries = facts && link ? isCarrier(facts, link) : olds.transaction !== undefined;
  return carries ? `${what.join(", ")}; taken back by the host after ${rollbackSeconds} s unless confirmed` : undefined;
};
