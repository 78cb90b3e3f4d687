import type { HostFacts, LinkFacts } from "../schema/facts.ts";
import type { NicSelector } from "../schema/uplink.ts";
import { findLink, findNic } from "./find-nic.ts";
import { linksAbove, linksBelow } from "./stacked-links.ts";

export interface Concern {
  readonly nic?: NicSelector | undefined;
  /** Names of links: a bridge, a link to be made. */
  readonly links?: readonly (string | undefined)[] | undefined;
  readonly domain?: string | undefined;
}

/** The VFs of a NIC that are links of the host. */
const vfsOf = ({ links }: HostFacts, { nic }: LinkFacts): LinkFacts[] => {
  const addresses = new Set(nic?.sriov?.functions?.map(({ pci }) => pci));
  return addresses.size === 0 ? [] : links.filter((link) => link.nic?.pci && addresses.has(link.nic.pci));
};

/**
 * The part of a host's facts that one resource is decided on. Check is called for every resource at every preview: what is
 * handed to it should not grow with the square of the fleet.
 */
export const relevantFacts = (facts: HostFacts, concern: Concern): HostFacts => {
  const named = new Set(concern.links?.filter((name) => name !== undefined));
  const addresses = new Set<string>();
  let nicLost = false;
  if (concern.nic !== undefined) {
    const nic = findNic(facts, concern.nic);
    nicLost = !("name" in nic);
    if ("name" in nic) {
      named.add(nic.name);
      if (nic.master !== null) named.add(nic.master);
      for (const { pci } of nic.nic?.sriov?.functions ?? []) addresses.add(pci);
      for (const { name, master } of vfsOf(facts, nic)) {
        named.add(name);
        if (master !== null) named.add(master);
      }
      for (const { name } of linksBelow(facts, nic)) named.add(name);
      for (const { name, nic: own, kind } of linksAbove(facts, nic))
        if (own !== null || kind === "bridge") named.add(name);
    }
  }
  for (const name of [...named]) {
    const link = findLink(facts, name);
    if (link !== undefined) named.add(link.name);
  }
  // What is not there is told with what is.
  const lost = nicLost || [...named].some((name) => findLink(facts, name) === undefined);
  const links = facts.links.filter(
    (link) =>
      (lost && (link.nic !== null || link.kind === "bridge")) ||
      named.has(link.name) ||
      (link.lower !== null && named.has(link.lower)) ||
      (link.master !== null && named.has(link.master)) ||
      (link.nic !== null && link.kind === null),
  );
  const onThem = (source: string | null) => source !== null && (named.has(source) || addresses.has(source));
  // What is in a filter, and what is kept, decides nothing and grows with the fleet.
  const { netdevTables: _filters, kept: _kept, takenBack: _takenBack, ...rest } = facts;
  return {
    ...rest,
    links,
    routes: facts.routes.filter((route) => named.has(route.device)),
    domains: facts.domains.map((domain) =>
      domain.name === concern.domain
        ? domain
        : {
            ...domain,
            live: domain.live.filter((nic) => onThem(nic.source) || onThem(nic.target)),
            config: domain.config.filter((nic) => onThem(nic.source) || onThem(nic.target)),
          },
    ),
  };
};
