/**
 * Scripts for a host whose gateway asks who has the host's address, so that its question comes in on `link` when the host has asked and before
 * it is answered. `before`: nothing of the gateway comes in. `meanwhile`, which ends when all does: its questions once it is asked for.
 */
export const questionFirst = (gateway: string, link: string) => {
  const dropped = (what: string) => `add rule arp cut in iifname ${link} arp saddr ip ${gateway} ${what} drop`;
  return {
    before: `nft 'add table arp cut; add chain arp cut in { type filter hook input priority 0; }; ${dropped("")}'`,
    meanwhile: `
      comesTo() { for i in $(seq 200); do ip neigh show to ${gateway} dev ${link} 2>/dev/null | grep "$1" && return; sleep 0.05; done; return 1; }
      comesTo INCOMPLETE; nft 'flush chain arp cut in; ${dropped("arp operation reply")}'
      comesTo STALE; nft delete table arp cut`,
  };
};

/** Has whoever `dev` is of ask again and again who has an address. */
export const asks = (address: string, dev: string): string =>
  `ip neigh flush to ${address} dev ${dev}; ip neigh replace ${address} dev ${dev} use`;
