/**
 * The VLAN links that this run's program uses: one that is shared goes with the last of its users, and not all of these can be
 * seen on the host (an interface without a domain, one that is about to be attached).
 */
const claims = new Map<string, string>();

export interface VlanLinkClaim {
  readonly host: string;
  readonly link: string;
  /** The interface that uses it. */
  readonly mark: string;
}

const keyOf = ({ host, link }: VlanLinkClaim): string => `${host} ${link}`;

export const claimVlanLink = (claim: VlanLinkClaim): void => {
  claims.set(claim.mark, keyOf(claim));
};

/** Gives the claim up; true when no other interface of this run has one. */
export const releaseVlanLinkClaim = (claim: VlanLinkClaim): boolean => {
  const key = keyOf(claim);
  if (claims.get(claim.mark) === key) claims.delete(claim.mark);
  return ![...claims.values()].includes(key);
};
