import type { HostFacts, LinkFacts } from "../schema/facts.ts";
import { findLink } from "./find-nic.ts";

/** The master of a NIC in words, or undefined when it is free: "a port of the bridge br0", "a member of the bond bond0". */
export const masterOf = (facts: HostFacts, nic: LinkFacts): string | undefined => {
  if (nic.master === null) return undefined;
  const master = findLink(facts, nic.master);
  const owner = master?.alias ? ` (${master.alias})` : "";
  if (master?.kind === "bridge") return `a port of the bridge ${nic.master}${owner}`;
  if (master?.kind === "bond") return `a member of the bond ${nic.master}${owner}`;
  if (master?.kind === "openvswitch" || nic.master === "ovs-system") return "a port of Open vSwitch";
  return `a port of ${nic.master}${owner}`;
};

/** The macvtap that has the NIC for itself: no other fits beside it (kernel drivers/net/macvlan.c, EINVAL). */
export const passthroughOn = (facts: HostFacts, nic: LinkFacts): LinkFacts | undefined =>
  facts.links.find((link) => link.lower === nic.name && link.macvtapMode === "passthrough");

/** The macvtaps and macvlans that sit on a NIC. */
export const macvlanLinksOn = ({ links }: HostFacts, nic: LinkFacts): LinkFacts[] =>
  links.filter((link) => link.lower === nic.name && (link.kind === "macvtap" || link.kind === "macvlan"));

/** A macvtap or macvlan in words that name its owner. */
export const macvlanInWords = ({ domains }: HostFacts, { name, kind, alias }: LinkFacts): string => {
  const domain = domains.find((each) => each.live.some((nicOfVm) => nicOfVm.target === name));
  if (domain !== undefined) return `${kind} ${name} of the domain ${domain.name}`;
  return `${kind} ${name}${alias ? ` (${alias})` : ""}`;
};

/** The macvtaps and macvlans that sit on a NIC, in words that name their owners. */
export const macvlansOn = (facts: HostFacts, nic: LinkFacts): string[] =>
  macvlanLinksOn(facts, nic).map((link) => macvlanInWords(facts, link));
