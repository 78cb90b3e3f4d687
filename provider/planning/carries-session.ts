import type { HostFacts, LinkFacts } from "../schema/facts.ts";
import { linksAbove } from "./stacked-links.ts";

const addressOf = (cidr: string): string => cidr.replace(/\/\d+$/, "");

/**
 * The local address of this SSH session when the NIC carries it, itself or through links on top of it, of any depth (a VLAN
 * link on the bond that the NIC is in); else undefined.
 */
export const carriesSession = (facts: HostFacts, nic: LinkFacts): string | undefined => {
  const session = facts.sessionAddress;
  if (session === null) return undefined;
  const carries = ({ addresses }: LinkFacts) => addresses.some((cidr) => addressOf(cidr) === session);
  return carries(nic) || linksAbove(facts, nic).some(carries) ? session : undefined;
};

/** The addresses that make a NIC the host's own, link-local ones left out. */
export const hostAddresses = (nic: LinkFacts): string[] =>
  nic.addresses.filter((cidr) => !cidr.toLowerCase().startsWith("fe80:"));

/** The same of the NIC and of all that sends by it: what a change of it may cut off. */
export const carriedAddresses = (facts: HostFacts, nic: LinkFacts): string[] =>
  [nic, ...linksAbove(facts, nic)].flatMap(hostAddresses);
