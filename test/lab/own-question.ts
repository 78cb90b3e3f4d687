interface Asked {
  /** Runs a script on the host. */
  readonly inside: (script: string) => Promise<unknown>;
  /** Runs a script where the gateway is. */
  readonly outside: (script: string) => Promise<unknown>;
  readonly gateway: string;
  /** The link that the gateway's address is on there. */
  readonly near: string;
  readonly host: string;
  /** The host's link on which all that happens. */
  readonly link: string;
}

/**
 * Acts while the gateway asks again and again who has the host's address, so that its question comes in when the host has asked, and before
 * it is answered: nothing of the gateway comes in until it is asked for, then its questions, and its answers once one has come.
 */
export const questionFirst = async <Value>(
  { inside, outside, gateway, near, host, link }: Asked,
  act: () => Promise<Value>,
): Promise<Value> => {
  const dropped = (what: string) => `add rule arp cut in iifname ${link} arp saddr ip ${gateway} ${what} drop`;
  await inside(`nft 'add table arp cut; add chain arp cut in { type filter hook input priority 0; }; ${dropped("")}'`);
  const ask = `ip neigh flush to ${host} dev ${near}; ip neigh replace ${host} dev ${near} use`;
  const asking = setInterval(() => void outside(ask).catch(() => undefined), 200);
  const coming = inside(`
    comesTo() { for i in $(seq 200); do ip neigh show to ${gateway} dev ${link} 2>/dev/null | grep "$1" && return; sleep 0.05; done; return 1; }
    comesTo INCOMPLETE; nft 'flush chain arp cut in; ${dropped("arp operation reply")}'
    comesTo STALE; nft delete table arp cut`);
  const [value] = await Promise.all([act(), coming]).finally(() => clearInterval(asking));
  return value;
};
