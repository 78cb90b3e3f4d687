import type { Request, Step } from "../host/host.ts";
import type { HostFacts } from "../schema/facts.ts";
import { netdevTablePrefix } from "../schema/netdev-table.ts";
import type { FilterState, Isolation } from "../schema/vm-interface.ts";

/**
 * The filter that makes `pepa` of a macvtap in private mode: not one frame passes between an endpoint of it and anything else
 * on the same uplink of this host, whoever lies about its address, while stations elsewhere are reached as ever.
 *
 * It goes by what was seen, not by a list of addresses. Whatever leaves by the uplink came from this host, so its source is
 * remembered (`here`), and a pepa endpoint takes nothing that comes back from such a source: that holds for interfaces of
 * other people's, for guests with many addresses, for invented ones and for the host's own, none of which is cut off from
 * anybody else. A pepa endpoint may send with its own address alone, which is remembered apart (`pepa`): what comes back
 * with it is dropped at the uplink, before it reaches a neighbour. Both forget within seconds, so that the address of a VM
 * that moves to another host, or here from there, is not shut out for longer.
 *
 * Shown by test/frames/pepa.test.ts; the kernel's part is macvlan_queue_xmit and macvlan_handle_frame in drivers/net/macvlan.c.
 */
export interface PepaEndpoint {
  readonly uplink: string;
  /** The macvtap. It must be there. */
  readonly name: string;
  readonly mac: string;
  /** Our mark. */
  readonly mark: string;
}

/**
 * A reflected frame is back within milliseconds; one that a paused link holds up is dropped by the kernel's transmit watchdog
 * after five seconds (netdev_watchdog, net/sched/sch_generic.c).
 */
const rememberedSeconds = 10;

/** More sources than a switch learns on a port. When it is full, sources that are not in it do not leave: isolation holds. */
const setSize = 65_536;

/** libnftnl keeps 128 bytes of a comment with its end (NFTNL_UDATA_COMMENT_MAXLEN); a mark tells the most at its end. */
const commentLength = 127;

interface Chain {
  readonly name: string;
  readonly hook: "ingress" | "egress";
  readonly device: string;
  readonly rules: readonly string[];
  readonly comment?: string;
}

const tableOf = (uplink: string): string => `${netdevTablePrefix}${uplink}`;

/** Of the uplink, shared by all its pepa endpoints. */
const uplinkChains = (uplink: string): Chain[] => [
  {
    name: "out",
    hook: "egress",
    device: uplink,
    rules: ["update @here { ether saddr }", "ether saddr != @here drop"],
  },
  { name: "in", hook: "ingress", device: uplink, rules: ["ether saddr @pepa drop"] },
];

const endpointChains = ({ name, mac, mark }: PepaEndpoint): Chain[] => {
  const comment = mark.slice(-commentLength);
  return [
    {
      name: `from-${name}`,
      hook: "egress",
      device: name,
      rules: [`ether saddr != ${mac} drop`, "update @pepa { ether saddr }"],
      comment,
    },
    { name: `to-${name}`, hook: "ingress", device: name, rules: ["ether saddr @here drop"], comment },
  ];
};

const nft = (lines: readonly string[]): Step => ({
  verb: "run",
  argv: ["nft", "-f", "-"],
  input: lines.map((line) => `${line}\n`).join(""),
});

/** What must be there before anything can be put in or taken out; already there is fine. */
const frame = (table: string): string[] => [
  `add table netdev ${table} { comment "${netdevTablePrefix.slice(0, -1)}"; }`,
  ...["here", "pepa"].map(
    (set) =>
      `add set netdev ${table} ${set} { type ether_addr; size ${setSize}; flags dynamic,timeout; timeout ${rememberedSeconds}s; }`,
  ),
];

/** Chains without their rules, whatever was in them or on another hook before. */
const without = (table: string, chains: readonly Pick<Chain, "name">[]): string[] =>
  chains.flatMap(({ name }) => ["add", "flush", "delete"].map((verb) => `${verb} chain netdev ${table} ${name}`));

const head = ({ hook, device }: Chain, priority: string): string =>
  `type filter hook ${hook} device "${device}" priority ${priority}; policy accept;`;

/**
 * Puts the filter of an endpoint in place, or back in place: one transaction of the kernel's, without a moment without filter,
 * and the same however often and by however many at once.
 */
export const addPepaFilter = (endpoint: PepaEndpoint): Step => {
  const table = tableOf(endpoint.uplink);
  const chains = [...uplinkChains(endpoint.uplink), ...endpointChains(endpoint)];
  return nft([
    ...frame(table),
    ...without(table, chains),
    ...chains.flatMap((chain) => {
      const comment = chain.comment === undefined ? "" : ` comment "${chain.comment}";`;
      return [
        `add chain netdev ${table} ${chain.name} { ${head(chain, "0")}${comment} }`,
        ...chain.rules.map((rule) => `add rule netdev ${table} ${chain.name} ${rule}`),
      ];
    }),
  ]);
};

/**
 * Takes an endpoint out of the filter, and the table with the last one. What is gone already is fine. That the second step
 * fails is the sign of another endpoint: a set that its rules use can't be deleted (EBUSY), and then nothing of the
 * transaction is done.
 */
export const removePepaFilter = (endpoint: PepaEndpoint): Request["steps"] => {
  const table = tableOf(endpoint.uplink);
  return [
    nft([...frame(table), ...without(table, endpointChains(endpoint))]),
    {
      ...nft([
        ...frame(table),
        ...without(table, uplinkChains(endpoint.uplink)),
        ...["here", "pepa"].map((set) => `delete set netdev ${table} ${set}`),
        `delete table netdev ${table}`,
      ]),
      mayFail: true,
    },
  ];
};

const stateOf = (chains: readonly Chain[], found: Readonly<Record<string, readonly string[]>>): FilterState => {
  const present = chains.filter(({ name }) => found[name] !== undefined);
  if (present.length === 0) return "missing";
  const same = present.every((chain) => {
    const wanted = [head(chain, "filter"), ...chain.rules];
    return JSON.stringify(found[chain.name]) === JSON.stringify(wanted);
  });
  return same && present.length === chains.length ? "filtered" : "changed";
};

/** How much of an endpoint's filter is in place: on the uplink, and on its own macvtap. */
export const pepaFilterState = (
  endpoint: PepaEndpoint,
  { netdevTables }: Pick<HostFacts, "netdevTables">,
): Isolation => {
  if (netdevTables === undefined) return { uplink: "unknown", endpoint: "unknown" };
  const found = netdevTables[tableOf(endpoint.uplink)] ?? {};
  return { uplink: stateOf(uplinkChains(endpoint.uplink), found), endpoint: stateOf(endpointChains(endpoint), found) };
};
