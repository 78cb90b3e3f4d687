import test from "ava";
import type { Answer } from "../../provider/host/host.ts";
import {
  changeGateway,
  gatewaysOf,
  leasedAddresses,
  moveHostAddresses,
  moveSettings,
  readHostAddresses,
  showHostAddresses,
} from "../../provider/links/host-addresses.ts";

const forever = { valid_life_time: 4294967295, preferred_life_time: 4294967295 };
const inet = { family: "inet", prefixlen: 24, scope: "global", label: "eth0", ...forever };
const inet6 = { family: "inet6", prefixlen: 64, scope: "global", ...forever };
const unicast = { type: "unicast", table: "main", protocol: "static", scope: "global", flags: [] };

/** As `ip` on a host would answer; `settings` of the link in the order in which they are asked for. */
const answer = (addresses: object[], routes: object[], settings: readonly string[] = []): Answer => ({
  results: [
    { status: 0, stdout: JSON.stringify([{ ifname: "eth0", addr_info: addresses }]), stderr: "" },
    { status: 0, stdout: routes.length === 0 ? "" : JSON.stringify(routes), stderr: "" },
    ...settings.map((stdout) => ({ status: stdout === "" ? 1 : 0, stdout, stderr: "" })),
  ],
});

const read = (addresses: object[], routes: object[] = []) =>
  readHostAddresses(answer(addresses, routes), "hv1", "eth0");
const lines = (addresses: object[], routes: object[] = [], gateway?: string) =>
  moveHostAddresses(read(addresses, routes), "eth0", "br0", gateway).map((words) => words.join(" "));

test("addresses leave secondary ones first, and come in their order", (t) => {
  const first = { ...inet, local: "192.0.2.2", broadcast: "192.0.2.255" };
  const second = { ...inet, local: "192.0.2.3", secondary: true, label: "eth0:1" };
  t.deepEqual(lines([first, second]), [
    "addr del 192.0.2.3/24 dev eth0",
    "addr del 192.0.2.2/24 dev eth0",
    "addr add 192.0.2.2/24 broadcast 192.0.2.255 dev br0 scope global",
    "addr add 192.0.2.3/24 label br0:1 dev br0 scope global",
  ]);
});

test("an address keeps its peer, metric, lifetimes and flags, and is not looked for as a duplicate", (t) => {
  t.deepEqual(
    lines([{ ...inet, local: "192.0.2.2", address: "192.0.2.9", prefixlen: 32, metric: 7, noprefixroute: true }]),
    [
      "addr del 192.0.2.2 peer 192.0.2.9/32 dev eth0",
      "addr add 192.0.2.2 peer 192.0.2.9/32 dev br0 scope global metric 7 noprefixroute",
    ],
  );
  const advertised = { ...inet6, local: "2001:db8::2", dynamic: true, mngtmpaddr: true, protocol: "kernel_ra" };
  t.is(
    lines([{ ...advertised, valid_life_time: 3600, preferred_life_time: 1800 }])[1],
    "addr add 2001:db8::2/64 dev br0 scope global valid_lft 3600 preferred_lft 1800 mngtmpaddr nodad",
  );
});

test("what the kernel makes on each link by itself stays behind: link-local and temporary addresses, and routes of its own", (t) => {
  const made = [
    { ...inet6, local: "fe80::1", scope: "link", protocol: "kernel_ll" },
    { ...inet6, local: "2001:db8::77", temporary: true, dynamic: true },
  ];
  t.deepEqual(lines(made, [{ ...unicast, dst: "192.0.2.0/24", protocol: "kernel", scope: "link" }]), []);
});

test("routes follow with all that they say, those that others go by first", (t) => {
  const routes = [
    { ...unicast, dst: "default", gateway: "192.0.2.1", metric: 50, prefsrc: "192.0.2.2", flags: ["onlink"] },
    { ...unicast, dst: "192.0.2.1", scope: "link", table: "77", metrics: [{ mtu: 1400 }] },
    { ...unicast, dst: "default", gateway: "fe80::1", protocol: "ra", pref: "medium", expires: 1800 },
    { ...unicast, dst: "198.51.100.0/24", via: { family: "inet6", host: "fe80::9" } },
  ];
  t.deepEqual(lines([], routes), [
    "route replace 192.0.2.1 dev br0 table 77 proto static scope link mtu 1400",
    "route replace 198.51.100.0/24 via inet6 fe80::9 dev br0 table main proto static scope global",
    "route replace 0.0.0.0/0 via 192.0.2.1 dev br0 table main proto static scope global metric 50 src 192.0.2.2 onlink",
    "route replace ::/0 via fe80::1 dev br0 table main proto ra pref medium expires 1800",
  ]);
  t.deepEqual(gatewaysOf(read([], routes)), ["192.0.2.1", "fe80::1", "fe80::9"]);
});

test("another gateway is that of its own family's default route alone", (t) => {
  const routes = [
    { ...unicast, dst: "default", gateway: "192.0.2.1" },
    { ...unicast, dst: "198.51.100.0/24", gateway: "192.0.2.1" },
    { ...unicast, dst: "default", gateway: "fe80::1" },
  ];
  t.deepEqual(
    lines([], routes, "192.0.2.7").map((line) => /(\S+) via (\S+)/.exec(line)?.slice(1)),
    [
      ["0.0.0.0/0", "192.0.2.7"],
      ["198.51.100.0/24", "192.0.2.1"],
      ["::/0", "fe80::1"],
    ],
  );
  t.deepEqual(gatewaysOf(read([], routes), "192.0.2.7"), ["192.0.2.7", "192.0.2.1", "fe80::1"]);
  t.deepEqual(changeGateway(read([], routes), "br0", "192.0.2.1"), []);
  t.is(changeGateway(read([], routes), "br0", "fe80::2").length, 1);
});

test("what would not be the same elsewhere is refused: a route with several next hops, one with a property that nobody knows", (t) => {
  for (const route of [
    { type: "unicast", dst: "default", table: "main", protocol: "static", nexthops: [{ gateway: "192.0.2.1" }] },
    { ...unicast, dst: "203.0.113.0/24", encap: { encap_type: "mpls" } },
  ]) {
    const error = t.throws(() => read([], [route]), { code: "addresses-not-moved" });
    t.regex(error?.message ?? "", /hv1: of eth0, \{"type":"unicast".*would not move it as it is. Nothing was done/);
  }
});

test("an IPv4 address whose lifetime runs is leased; one that is advertised is the kernel's to renew", (t) => {
  const lease = { ...inet, local: "192.0.2.2", dynamic: true, valid_life_time: 3600, preferred_life_time: 3600 };
  const advertised = {
    ...inet6,
    local: "2001:db8::2",
    dynamic: true,
    valid_life_time: 3600,
    preferred_life_time: 1800,
  };
  t.deepEqual(leasedAddresses(read([lease, advertised, { ...inet, local: "192.0.2.3" }])), ["192.0.2.2/24"]);
});

test("settings of the link go with them, as far as the kernel has them", (t) => {
  const asked = showHostAddresses("eth0").flatMap((step) => (step.verb === "read" ? [step.path] : []));
  const values = asked.map((path) => (path.endsWith("/rp_filter") ? "2\n" : path.endsWith("/accept_ra") ? "1\n" : ""));
  t.deepEqual(moveSettings(readHostAddresses(answer([], [], values), "hv1", "eth0"), "br0"), [
    { verb: "set", path: "/proc/sys/net/ipv4/conf/br0/rp_filter", value: "2", mayFail: true },
    { verb: "set", path: "/proc/sys/net/ipv6/conf/br0/accept_ra", value: "1", mayFail: true },
  ]);
});
