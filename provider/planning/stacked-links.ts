import type { HostFacts, LinkFacts } from "../schema/facts.ts";
import { findLink } from "./find-nic.ts";

/** Those that nothing of the host's stands on: a fleet has thousands of them. */
const ends: ReadonlySet<string | null> = new Set(["macvtap", "tun"]);

/** Every link that sends and hears by this one, at whatever depth: VLAN links and macvtaps on it, the bond or bridge it is in. */
export const linksAbove = ({ links }: HostFacts, link: LinkFacts): LinkFacts[] => {
  const found = new Map([[link.name, link]]);
  // A map hands out what is added meanwhile as well.
  for (const each of found.values()) {
    if (ends.has(each.kind)) continue;
    for (const next of links) {
      if (next.lower === each.name || next.name === each.master) found.set(next.name, next);
    }
  }
  found.delete(link.name);
  return [...found.values()];
};

/** The links that this one sends by, at whatever depth: what a VLAN link stands on, the members of a bond. */
export const linksBelow = (facts: HostFacts, link: LinkFacts): LinkFacts[] => {
  const found = new Map([[link.name, link]]);
  for (const each of found.values()) {
    const lower = each.kind === "vlan" && each.lower !== null ? findLink(facts, each.lower) : undefined;
    const isBond = each.kind === "bond" || each.kind === "team";
    const members = isBond ? facts.links.filter(({ master }) => master === each.name) : [];
    for (const next of lower === undefined ? members : [lower]) found.set(next.name, next);
  }
  found.delete(link.name);
  return [...found.values()];
};

/** The NICs below a bond or a VLAN link; none of a NIC itself. */
export const nicsBelow = (facts: HostFacts, link: LinkFacts): LinkFacts[] =>
  linksBelow(facts, link).filter(({ kind }) => kind === null || kind === "veth");
