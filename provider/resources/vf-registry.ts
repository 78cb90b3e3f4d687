import { vfHolder } from "../planning/index.ts";
import type { HostFacts, LinkFacts } from "../schema/facts.ts";
import { nameOfMark } from "./identity.ts";

/**
 * The VFs that this run's program gives out, by host and NIC: two resources with one VF take it from each other. Check sees every
 * resource of the program before anything is touched.
 */
const given = new Map<string, Map<number, string>>();

/** Those that are given to a guest through the resource that manages them. */
const throughAnother = new Map<string, Map<number, string>>();

export interface VfClaim {
  readonly host: string;
  /** The NIC whose VF it is. */
  readonly nic: string;
  /** Whose it shall be. */
  readonly mark: string;
}

const ofNic = (all: typeof given, { host, nic }: VfClaim): Map<number, string> => {
  const key = `${host} ${nic}`;
  const claims = all.get(key) ?? new Map<number, string>();
  all.set(key, claims);
  return claims;
};

const claimAmong = (all: typeof given, claim: VfClaim, index: number): string | undefined => {
  const claims = ofNic(all, claim);
  const owner = claims.get(index);
  if (owner !== undefined && owner !== claim.mark) return nameOfMark(owner);
  claims.set(index, claim.mark);
  return undefined;
};

/** Who else of this program has the VF, or undefined; the claim is remembered. */
export const claimVf = (claim: VfClaim, index: number): string | undefined => claimAmong(given, claim, index);

/** The same for a guest of a VF that a SriovVirtualFunction has claimed, in this program or another one. */
export const claimForGuest = (claim: VfClaim, index: number): string | undefined =>
  claimAmong(throughAnother, claim, index);

/** Whoever had it has it no longer. */
export const releaseVf = (claim: VfClaim, index: number): void => {
  const claims = ofNic(given, claim);
  if (claims.get(index) === claim.mark) claims.delete(index);
};

/**
 * The lowest VF that is free by the host's account and by the program's, claimed; undefined when all are held. `count`: how many there
 * are, or will be.
 */
export const pickVf = (claim: VfClaim, count: number, facts: HostFacts | undefined): number | undefined => {
  const nic: LinkFacts | undefined = facts?.links.find(({ name }) => name === claim.nic);
  const functions = nic?.nic?.sriov?.functions ?? [];
  for (let index = 0; index < count; index += 1) {
    const vf = functions.find((each) => each.index === index);
    const isHeld = facts !== undefined && vf !== undefined && vfHolder(facts, vf) !== undefined;
    const isAnothers = (ofNic(throughAnother, claim).get(index) ?? claim.mark) !== claim.mark;
    if (!isHeld && !isAnothers && claimVf(claim, index) === undefined) return index;
  }
  return undefined;
};
