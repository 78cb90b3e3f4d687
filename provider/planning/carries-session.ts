import type { HostFacts, LinkFacts } from "../schema/facts.ts";

const addressOf = (cidr: string): string => cidr.replace(/\/\d+$/, "");

/** The local address of this SSH session when the NIC carries it, itself or through a link on top of it; else undefined. */
export const carriesSession = (facts: HostFacts, nic: LinkFacts): string | undefined => {
  const session = facts.sessionAddress;
  if (session === null) return undefined;
  const onTop = facts.links.filter((link) => link.lower === nic.name || link.name === nic.master);
  return [nic, ...onTop].some((link) => link.addresses.some((cidr) => addressOf(cidr) === session))
    ? session
    : undefined;
};

/** The addresses that make a NIC the host's own, link-local ones left out. */
export const hostAddresses = (nic: LinkFacts): string[] =>
  nic.addresses.filter((cidr) => !cidr.toLowerCase().startsWith("fe80:"));
