import { announceChange } from "../host/announce-change.ts";
import type { Host } from "../host/host.ts";
import { hostAddresses, linksAbove } from "../planning/index.ts";
import type { HostFacts, LinkFacts } from "../schema/facts.ts";
import { takenBackText } from "../schema/taken-back.ts";
import { defaultRollbackSeconds, isCarrier } from "./change-carrier.ts";
import type { BootGuard } from "./resource-kind.ts";

/** What of a NIC that the host is reached by has to be there again after the next boot; undefined of one that it is not reached by. */
export const bootGuardOf = (
  facts: HostFacts,
  nic: LinkFacts,
  { rollbackSeconds = defaultRollbackSeconds }: { readonly rollbackSeconds?: number | undefined },
  made: readonly string[] = [],
): BootGuard | undefined => {
  if (!isCarrier(facts, nic)) return undefined;
  // What VMs have on it comes with them.
  const above = linksAbove(facts, nic).filter((link) => made.includes(link.name) || hostAddresses(link).length > 0);
  return { seconds: rollbackSeconds, links: [nic, ...above].map(({ name }) => name), made };
};

/** By host, what was told. */
const told = new WeakMap<Host, string>();

/** Says once what the host's boot guard has done. */
export const tellTakenBack = (host: Host, { takenBack }: HostFacts): void => {
  if (takenBack === undefined || told.get(host) === takenBack.why) return;
  told.set(host, takenBack.why);
  announceChange(host.name, `warning: ${takenBackText(takenBack)}`);
};
