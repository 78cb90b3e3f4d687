import { isDeepStrictEqual } from "node:util";
import { findNic } from "../planning/index.ts";
import type { HostFacts, LinkFacts } from "../schema/facts.ts";
import { type NicIdentity, type NicSelector, nicIdentitySchema } from "../schema/uplink.ts";
import type { Properties } from "./resource-kind.ts";

export const identityOf = ({ permanentMac, nic }: LinkFacts): NicIdentity => ({
  ...(permanentMac === null ? {} : { permanentMac }),
  ...(nic === null || nic.pci === null ? {} : { pci: nic.pci }),
});

/** The identity that inputs or a state hold; undefined where they hold none, or one that says nothing. */
export const recordedIdentity = (of: Properties | undefined): NicIdentity | undefined => {
  const identity = nicIdentitySchema.safeParse(of?.identity).data;
  return identity && Object.keys(identity).length > 0 ? identity : undefined;
};

/** The NIC of an identity: by both, else by its MAC (it was put into another slot), else by its slot alone. */
const findByIdentity = ({ links }: HostFacts, identity: NicIdentity): LinkFacts | undefined => {
  const { permanentMac: mac, pci } = identity;
  const nics = links.filter(({ nic }) => nic !== null);
  const only = (found: LinkFacts[]) => (found.length === 1 ? found[0] : undefined);
  return (
    only(nics.filter((link) => isDeepStrictEqual(identityOf(link), identity))) ??
    (mac === undefined ? undefined : only(nics.filter(({ permanentMac }) => permanentMac === mac))) ??
    (pci === undefined ? undefined : only(nics.filter(({ nic }) => nic?.pci === pci)))
  );
};

/**
 * The NIC that a selector chooses, or that it chose when it was last looked at: one that was renamed since is still the same. A
 * name that another NIC has got by now is refused.
 */
export const findSameNic = (
  facts: HostFacts,
  selector: NicSelector,
  identity: NicIdentity | undefined,
): LinkFacts | { readonly problem: string } => {
  const chosen = findNic(facts, selector);
  const same = identity && findByIdentity(facts, identity);
  if (same === undefined) return chosen;
  if ("problem" in chosen || chosen.name === same.name) return same;
  if (typeof selector !== "string") return chosen;
  const problem =
    `${selector} of ${facts.hostname} is another NIC than it was: that one (${Object.values(identity ?? {}).join(", ")}) is called ` +
    `${same.name} now; give that name, or choose it by { mac } or { pci }`;
  return { problem };
};

/** The NIC that a state is of, whatever it is called by now. */
export const findRecordedNic = (
  facts: HostFacts,
  name: string,
  identity: NicIdentity | undefined,
): LinkFacts | { readonly problem: string } => (identity && findByIdentity(facts, identity)) ?? findNic(facts, name);
