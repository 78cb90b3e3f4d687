import { vfLink } from "../planning/index.ts";
import type { HostFacts } from "../schema/facts.ts";
import { userAlias } from "./identity.ts";

/**
 * The MAC addresses that this run's program gives out, by host and link: two VMs with one address on an uplink are two VMs that
 * lose their traffic to each other. Check sees every resource of the program before anything is touched.
 */
const given = new Map<string, Map<string, string>>();

export interface MacClaim {
  readonly host: string;
  /** The uplink or the bridge that the address is on. */
  readonly link: string;
  readonly mac: string;
  readonly mark: string;
  /** The VF of the link that it is for; no other one may have it. */
  readonly vfIndex?: number | undefined;
}

/** The VFs of a NIC: a domain names them by PCI address, and a macvtap in passthrough mode by their links. */
const vfsOf = ({ links }: HostFacts, link: string) =>
  links.find(({ name }) => name === link)?.nic?.sriov?.functions ?? [];

/** Who has this address on the link by the host's own account, this resource's own traces left out. */
export const ownerInFacts = (claim: MacClaim, facts: HostFacts): string | undefined => {
  const { link, mac, mark } = claim;
  const vfs = vfsOf(facts, link);
  const sources = [link, ...vfs.flatMap((vf) => [vf.pci, vfLink(facts, vf)?.name])];
  const other = facts.links.find(
    (each) => (each.lower === link || each.name === link) && each.mac === mac && each.alias !== mark,
  );
  const domains = facts.domains.flatMap((domain) =>
    [...domain.live, ...domain.config]
      .filter((nic) => sources.includes(nic.source ?? undefined) && nic.mac === mac && nic.alias !== userAlias(mark))
      .map(() => `the domain ${domain.name}`),
  );
  // A domain's own macvtap is seen twice: the domain is the better name, and its alias says whether it is ours.
  const targets = facts.domains.flatMap((domain) => domain.live).filter((nic) => nic.alias === userAlias(mark));
  if (other !== undefined && !targets.some((nic) => nic.target === other.name)) {
    return domains[0] ?? `the link ${other.name}${other.alias ? ` (${other.alias})` : ""}`;
  }
  const isAnother = ({ index }: { readonly index: number }) => claim.vfIndex !== undefined && index !== claim.vfIndex;
  const vf = vfs.find((each) => each.mac === mac && isAnother(each));
  return domains[0] ?? (vf && `VF ${vf.index}`);
};

/** What to tell who wants an address that is taken. */
export const macTaken = ({ host, link, mac }: Omit<MacClaim, "mark" | "vfIndex">, owner: string): string =>
  `${mac} is the address of ${owner} on ${link} of ${host} already: give one of them another mac`;

/** Who else has this address there, or undefined; the claim is remembered. */
export const claimMac = (claim: MacClaim, facts: HostFacts | undefined): string | undefined => {
  const key = `${claim.host} ${claim.link}`;
  const ofLink = given.get(key) ?? new Map<string, string>();
  given.set(key, ofLink);
  const owner = ofLink.get(claim.mac);
  if (owner !== undefined && owner !== claim.mark) return owner;
  ofLink.set(claim.mac, claim.mark);
  return facts && ownerInFacts(claim, facts);
};
