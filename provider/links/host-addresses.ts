import { z } from "zod";
import { FactsUnreadableError } from "../discovery/error.ts";
import { parseJson } from "../discovery/parse-json.ts";
import type { Answer, Step } from "../host/host.ts";
import { KvmNetworkError } from "../schema/error.ts";

/*
 * The host's own addresses and routes on a link, and how they move to another. What is not understood is refused: a route that was
 * moved without one of its properties would be another route. Source: iproute2 ip/ipaddress.c, ip/iproute.c.
 */

const forever = 4294967295;

const address = z.strictObject({
  family: z.enum(["inet", "inet6"]),
  local: z.string(),
  /** The other end of a point-to-point address. */
  address: z.string().optional(),
  prefixlen: z.number().int(),
  metric: z.number().int().optional(),
  broadcast: z.string().optional(),
  scope: z.string(),
  label: z.string().optional(),
  noprefixroute: z.boolean().optional(),
  home: z.boolean().optional(),
  mngtmpaddr: z.boolean().optional(),
  autojoin: z.boolean().optional(),
  valid_life_time: z.number().int(),
  preferred_life_time: z.number().int(),
  /** What the kernel finds out again, or has made up itself. */
  protocol: z.string().optional(),
  secondary: z.boolean().optional(),
  tentative: z.boolean().optional(),
  dynamic: z.boolean().optional(),
  deprecated: z.boolean().optional(),
  nodad: z.boolean().optional(),
  optimistic: z.boolean().optional(),
  "stable-privacy": z.boolean().optional(),
  temporary: z.boolean().optional(),
});
type Address = z.output<typeof address>;

const route = z.strictObject({
  type: z.literal("unicast"),
  dst: z.string(),
  gateway: z.string().optional(),
  via: z.strictObject({ family: z.string(), host: z.string() }).optional(),
  table: z.string(),
  protocol: z.string(),
  scope: z.string().optional(),
  prefsrc: z.string().optional(),
  metric: z.number().int().optional(),
  metrics: z.array(z.record(z.string(), z.union([z.number(), z.string()]))).optional(),
  flags: z.array(z.string()).default([]),
  pref: z.string().optional(),
  expires: z.number().int().optional(),
  /** A next hop that somebody manages apart (ip-nexthop(8)), who is to do so on the other link: no route moves with one. */
  nhid: z.number().int().optional(),
  nh_info: z.unknown().optional(),
});
export type Route = z.output<typeof route>;

export interface HostAddresses {
  readonly addresses: readonly Address[];
  readonly routes: readonly Route[];
  /** Of all routes that `ip` shows of this link. It shows none with several next hops. */
  readonly destinations: readonly string[];
  /** In the order of {@link settings}; undefined: this kernel has none of that name. */
  readonly settings: readonly (string | undefined)[];
}

/** Those that the kernel makes for itself on each link: link-local ones, and temporary ones (RFC 8981). */
const isKernelMade = ({ family, scope, temporary = false }: Address): boolean =>
  family === "inet6" && (scope === "link" || temporary);
const isLeased = ({ valid_life_time: seconds }: Address): boolean => seconds !== forever;

/** What {@link readHostAddresses} reads. */
export const showHostAddresses = (link: string): (Step & { mayFail?: true })[] => [
  { verb: "run", argv: ["ip", "-d", "-j", "addr", "show", "dev", link] },
  { verb: "run", argv: ["ip", "-d", "-j", "route", "show", "table", "all", "type", "unicast", "dev", link] },
  ...settingsPaths(link).map((path) => ({ verb: "read", path, mayFail: true }) as const),
];

export const cannotMove = (host: string, link: string, what: string): never => {
  throw new KvmNetworkError(
    "addresses-not-moved",
    `${host}: of ${link}, ${what}: this version would not move it as it is. Nothing was done; remove it first, or leave moveAddresses out and make the bridge at the host`,
  );
};

/** @throws KvmNetworkError `addresses-not-moved` for what could not be moved as it is. */
export const readHostAddresses = ({ results }: Answer, host: string, link: string): HostAddresses => {
  const [links = "", routes = "", ...values] = results.map(({ stdout }) => stdout);
  const [shown] = parseJson(host, "ip addr show", z.array(z.looseObject({ addr_info: z.array(z.unknown()) })), links);
  if (shown === undefined) throw new FactsUnreadableError(host, "ip addr show", `${link} is missing`);
  const understood = <T>(schema: z.ZodType<T>, each: unknown): T =>
    schema.safeParse(each).data ?? cannotMove(host, link, JSON.stringify(each));
  const all: unknown[] = routes.trim() === "" ? [] : parseJson(host, "ip route show", z.array(z.unknown()), routes);
  const understoodRoutes = all.map((each) => understood(route, each));
  return {
    addresses: shown.addr_info.map((each) => understood(address, each)).filter((each) => !isKernelMade(each)),
    // The kernel's own come with the addresses.
    routes: understoodRoutes.filter(({ protocol }) => protocol !== "kernel"),
    destinations: understoodRoutes.map(({ dst }) => dst),
    settings: values.map((value) => (value.trim() === "" ? undefined : value.trim())),
  };
};

/** Those whose lifetime runs: somebody renews them, on the link that he knows. */
export const leasedAddresses = ({ addresses }: HostAddresses): string[] =>
  addresses.filter((each) => each.family === "inet" && isLeased(each)).map(textOf);

const textOf = ({ local, prefixlen }: Pick<Address, "local" | "prefixlen">): string => `${local}/${prefixlen}`;

const word = (name: string, value: string | number | undefined): string[] =>
  value === undefined ? [] : [name, String(value)];
const flag = (name: string, isSet: boolean | undefined): string[] => (isSet === true ? [name] : []);

/** The label is the link's name, or begins with it and a colon: ifconfig's aliases. */
const labelOn = (label: string | undefined, from: string, to: string): string | undefined => {
  if (label === undefined || !label.startsWith(`${from}:`)) return undefined;
  const moved = `${to}${label.slice(from.length)}`;
  // IFNAMSIZ, with the final NUL.
  return moved.length < 16 ? moved : undefined;
};

const place = (of: Address): string[] =>
  of.address === undefined ? [textOf(of)] : [of.local, "peer", `${of.address}/${of.prefixlen}`];

const addAddress = (of: Address, from: string, to: string): string[] => [
  ...["addr", "add", ...place(of)],
  ...word("broadcast", of.broadcast),
  ...word("label", labelOn(of.label, from, to)),
  ...["dev", to, "scope", of.scope],
  ...word("metric", of.metric),
  ...(isLeased(of) ? ["valid_lft", String(of.valid_life_time), "preferred_lft", String(of.preferred_life_time)] : []),
  ...flag("noprefixroute", of.noprefixroute),
  ...flag("home", of.home),
  ...flag("mngtmpaddr", of.mngtmpaddr),
  ...flag("autojoin", of.autojoin),
  // Nobody else on this network has it: it was looked for when the host took it.
  ...flag("nodad", of.family === "inet6"),
];

const isIpv6 = ({ dst, gateway, via, prefsrc }: Route): boolean =>
  via?.family !== "inet6" && [dst, gateway, prefsrc].some((each) => each?.includes(":"));

const addRoute = (of: Route, to: string, gateway: string | undefined): string[] => {
  const everything = isIpv6(of) ? "::/0" : "0.0.0.0/0";
  const metrics = (of.metrics ?? []).flatMap((each) =>
    Object.entries(each).flatMap(([name, value]) => [name, String(value)]),
  );
  return [
    ...["route", "replace", of.dst === "default" ? everything : of.dst],
    ...(of.via === undefined ? word("via", gateway ?? of.gateway) : ["via", of.via.family, of.via.host]),
    ...["dev", to, "table", of.table, "proto", of.protocol],
    ...word("scope", isIpv6(of) ? undefined : of.scope),
    ...word("metric", of.metric),
    ...word("src", of.prefsrc),
    ...metrics,
    ...flag("onlink", of.flags.includes("onlink")),
    ...word("pref", of.pref),
    ...word("expires", of.expires),
  ];
};

/**
 * Settings of a link that decide how its addresses work: they go where these go. The kernel's default for a new link is not always
 * what the host's administrator has set for this one. Source: Documentation/networking/ip-sysctl.rst.
 */
const settings = [
  ...[
    "forwarding",
    "rp_filter",
    "arp_ignore",
    "arp_announce",
    "arp_filter",
    "accept_local",
    "route_localnet",
    "src_valid_mark",
  ].map((name) => `ipv4/conf/LINK/${name}`),
  ...["accept_ra", "accept_ra_defrtr", "accept_ra_pinfo", "autoconf", "use_tempaddr", "forwarding"].map(
    (name) => `ipv6/conf/LINK/${name}`,
  ),
].map((path) => `/proc/sys/net/${path}`);

const settingsPaths = (link: string): string[] => settings.map((path) => path.replace("LINK", link));

/** Whether it is a default route of the family that the gateway asked for is of. */
const isDefaultLike = (of: Route, asked: string): boolean =>
  of.dst === "default" && of.gateway !== undefined && asked.includes(":") === isIpv6(of);

const gatewayOf = (of: Route, asked: string | undefined): string | undefined =>
  asked !== undefined && isDefaultLike(of, asked) ? asked : undefined;

/** Lines that have the default routes of a link go by another gateway; none where they do. */
export const changeGateway = ({ routes }: HostAddresses, link: string, gateway: string): string[][] =>
  routes.filter((of) => isDefaultLike(of, gateway) && of.gateway !== gateway).map((of) => addRoute(of, link, gateway));

/** Secondary addresses are listed behind their primary one, and go with it: they are removed before it. */
const takeAddresses = (addresses: readonly Address[], from: string): string[][] =>
  addresses.map((of) => ["addr", "del", ...place(of), "dev", from]).reverse();

/** Lines of an `ip` batch that move them from one link to another, which is up by then. */
export const moveHostAddresses = (
  { addresses, routes }: HostAddresses,
  from: string,
  to: string,
  gateway?: string,
): string[][] => [
  ...takeAddresses(addresses, from),
  ...addresses.map((of) => addAddress(of, from, to)),
  // Those that others go by come first.
  ...routes
    .toSorted((one, other) => Number(one.gateway !== undefined) - Number(other.gateway !== undefined))
    .map((of) => addRoute(of, to, gatewayOf(of, gateway))),
];

/**
 * Lines that take them from a link which the host's network manager is about to leave, and those that this gives to the one that takes its
 * place. Without its address nobody can tell the server that a lease is given back.
 */
export const takeHostAddresses = (found: HostAddresses, from: string) => ({
  lines: takeAddresses(found.addresses, from),
  given: found.addresses.filter((each) => !isLeftOver(each, found)).map(textOf),
});

/** What the kernel has made of an advertisement before it was told to make none: whoever does that now has another. */
const isLeftOver = ({ mngtmpaddr = false, noprefixroute = false }: Address, { settings: values }: HostAddresses) => {
  const isOff = (name: string) => values[settings.findIndex((each) => each.endsWith(`/${name}`))] === "0";
  return mngtmpaddr && !noprefixroute && (isOff("accept_ra") || isOff("autoconf"));
};

/** By which those routes go that came with a lease; undefined: by none that differs from the kernel's. */
export const leasedMetric = ({ routes }: HostAddresses): number | undefined =>
  routes.find(({ protocol, metric }) => protocol === "dhcp" && metric !== undefined)?.metric;

/** Before the move: a link that accepts router advertisements is to do so from the first one on. */
export const moveSettings = ({ settings: values }: HostAddresses, to: string): Step[] =>
  settingsPaths(to).flatMap((path, index) => {
    const value = values[index];
    return value === undefined ? [] : [{ verb: "set", path, value, mayFail: true } as const];
  });

/** The gateways that their routes go by, behind such a move. */
export const gatewaysOf = ({ routes }: HostAddresses, asked?: string): string[] => [
  ...new Set(routes.flatMap((of) => gatewayOf(of, asked) ?? of.gateway ?? of.via?.host ?? [])),
];
