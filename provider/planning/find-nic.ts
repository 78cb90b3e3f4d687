import type { HostFacts, LinkFacts } from "../schema/facts.ts";
import type { NicSelector } from "../schema/uplink.ts";

/** The link of that name or alternative name. */
export const findLink = (facts: HostFacts, name: string): LinkFacts | undefined =>
  facts.links.find((link) => link.name === name || link.alternativeNames.includes(name));

/** Links that have the address of what they stand on, or of a member. */
const borrows = ({ kind }: LinkFacts): boolean => kind === "vlan" || kind === "bond" || kind === "team";

/** Who names an address means the NIC that owns it, where there is one. */
const owners = (found: readonly LinkFacts[]): readonly LinkFacts[] => {
  const own = found.filter((link) => !borrows(link));
  return own.length > 0 ? own : found;
};

const matches = (selector: Exclude<NicSelector, string>, link: LinkFacts): boolean => {
  if ("mac" in selector) return (link.permanentMac ?? link.mac) === selector.mac;
  if ("pci" in selector) return link.nic?.pci === selector.pci;
  return link.nic?.driver === selector.driver;
};

/** What to say of an uplink that is not there. */
export const noUplink = (facts: HostFacts, name: string): string => {
  const there = facts.links.filter((link) => link.nic !== null).map((link) => link.name);
  return `there is no uplink ${name} on ${facts.hostname}; its NICs are: ${there.join(", ") || "none"}`;
};

/** What to say of a bridge that is not there. */
export const noBridge = (facts: HostFacts, name: string): string => {
  const there = facts.links.filter(({ kind }) => kind === "bridge").map((bridge) => bridge.name);
  return `there is no bridge ${name} on ${facts.hostname}; its bridges are: ${there.join(", ") || "none"}`;
};

/** The NIC that a selector chooses, or what is wrong with it, for the person who wrote it. */
export const findNic = (facts: HostFacts, selector: NicSelector): LinkFacts | { readonly problem: string } => {
  const nics = facts.links.filter((link) => link.nic !== null);
  const found =
    typeof selector === "string"
      ? [findLink(facts, selector)].filter((link) => link !== undefined)
      : owners(nics.filter((link) => matches(selector, link)));
  const [first, ...others] = found;
  const asked = typeof selector === "string" ? selector : JSON.stringify(selector);
  if (first === undefined) {
    const there = nics.map((link) => link.name).join(", ") || "none";
    return { problem: `there is no NIC ${asked} on ${facts.hostname}; its NICs are: ${there}` };
  }
  if (others.length > 0) {
    const names = found.map((link) => link.name).join(", ");
    return {
      problem: `${asked} matches several NICs of ${facts.hostname}: ${names}; choose one by name, MAC or PCI address`,
    };
  }
  return first;
};
