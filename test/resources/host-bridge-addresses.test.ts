import test from "ava";
import {
  gatewayBefore,
  moveFromBridge,
  moveToBridge,
  reroute,
} from "../../provider/resources/host-bridge-addresses.ts";
import { KvmNetworkError } from "../../provider/schema/error.ts";
import type { HostBridgeInputs } from "../../provider/schema/host-bridge.ts";
import { bridgeLink, facts, link } from "../planning/facts.ts";
import { factsText } from "../transactions/facts-text.ts";
import { ScriptedHost } from "../transactions/scripted-host.ts";

const forever = { valid_life_time: 4294967295, preferred_life_time: 4294967295 };
const own = { family: "inet", local: "192.0.2.2", prefixlen: 24, scope: "global", ...forever };
const viaGateway = {
  type: "unicast",
  dst: "default",
  gateway: "192.0.2.1",
  table: "main",
  protocol: "static",
  flags: [],
};
const original = { mtu: 1500, ipv6Disabled: false };
const eth0 = link("eth0", { addresses: ["192.0.2.2/24"] });
const br0 = { ...bridgeLink("br0"), addresses: ["192.0.2.2/24"] };

/** Has these addresses and routes on `on`, and in all these routes. */
const hostWith = (on: string, addresses: object[] = [own], routes: object[] = [viaGateway], all: object[] = []) =>
  new ScriptedHost({
    answer: (step) => {
      if (step.verb === "facts")
        return { stdout: factsText([{ name: on }], [...routes.map((of) => ({ ...of, dev: on })), ...all]) };
      if (step.verb === "read")
        return step.path.endsWith(`ipv4/conf/${on}/rp_filter`) ? { stdout: "2\n" } : { status: 1 };
      if (step.verb !== "run" || !step.argv.includes(on)) return { status: 1, stderr: "Device does not exist" };
      return { stdout: JSON.stringify(step.argv.includes("addr") ? [{ addr_info: addresses }] : routes) };
    },
  });

const inputs = (more: Partial<HostBridgeInputs> = {}) => ({ moveAddresses: true, ...more }) as HostBridgeInputs;
const lines = (move: { moved: { lines: readonly (readonly string[])[] } } | undefined) =>
  move?.moved.lines.map((words) => words.join(" "));

test("the host's addresses, routes and settings of the uplink move to the bridge; its gateway has to answer there", async (t) => {
  const move = await moveToBridge(inputs(), hostWith("eth0"), eth0, "br0");
  t.deepEqual(lines(move), [
    "addr del 192.0.2.2/24 dev eth0",
    "addr add 192.0.2.2/24 dev br0 scope global",
    "route replace 0.0.0.0/0 via 192.0.2.1 dev br0 table main proto static",
  ]);
  t.deepEqual(move?.moved.settings, [
    { verb: "set", path: "/proc/sys/net/ipv4/conf/br0/rp_filter", value: "2", mayFail: true },
  ]);
  t.deepEqual(move?.gateways, [{ address: "192.0.2.1", link: "br0" }]);
  t.is(move?.mustAnswer, undefined);
});

test("nothing moves where that is not asked for, or where the uplink has no address but link-local ones; the host is not asked", async (t) => {
  const host = hostWith("eth0");
  t.is(await moveToBridge(inputs({ moveAddresses: false }), host, eth0, "br0"), undefined);
  t.is(await moveToBridge({} as HostBridgeInputs, host, eth0, "br0"), undefined);
  t.is(await moveToBridge(inputs(), host, link("eth0", { addresses: ["fe80::1/64"] }), "br0"), undefined);
  t.is(await moveFromBridge(host, bridgeLink("br0"), "eth0", original), undefined);
  t.deepEqual(host.asked, []);
});

test("a leased address is refused, with who would lose it; one whose lifetime is told by a router is not", async (t) => {
  const lease = { ...own, valid_life_time: 3600, preferred_life_time: 3600 };
  const error = await t.throwsAsync(
    moveToBridge(inputs(), hostWith("eth0", [lease, { ...lease, local: "192.0.2.3" }]), eth0, "br0"),
    { instanceOf: KvmNetworkError, code: "bridge-refused" },
  );
  t.is(
    error?.message,
    "192.0.2.2/24, 192.0.2.3/24 of eth0 on hv1 is leased: who renews it would go on doing so on eth0, and the lease would be lost " +
      "hours later. This version has systemd-networkd, NetworkManager or ifupdown move it where that has obtained it; make the bridge at the host",
  );
  const advertised = { ...lease, family: "inet6", local: "2001:db8::2", prefixlen: 64 };
  t.is(lines(await moveToBridge(inputs(), hostWith("eth0", [advertised], []), eth0, "br0"))?.length, 2);
});

test("a route that `ip` does not show of the link has several next hops: its move is refused. Another link's is none of it", async (t) => {
  const shared = (dev: string) => [{ dst: "203.0.113.0/24", nexthops: [{ dev, gateway: "192.0.2.9" }] }];
  const error = await t.throwsAsync(
    moveToBridge(inputs(), hostWith("eth0", [own], [viaGateway], shared("eth0")), eth0, "br0"),
    { code: "addresses-not-moved" },
  );
  t.regex(
    error?.message ?? "",
    /^hv1: of eth0, the route to 203\.0\.113\.0\/24 has several next hops: .*Nothing was done/,
  );
  t.is(
    lines(await moveToBridge(inputs(), hostWith("eth0", [own], [viaGateway], shared("eth1")), eth0, "br0"))?.length,
    3,
  );
});

test("a gateway that is asked for is that of the default route from then on, and has to answer whatever the one of before did", async (t) => {
  const move = await moveToBridge(inputs({ gateway: "192.0.2.7" }), hostWith("eth0"), eth0, "br0");
  t.is(lines(move)?.[2], "route replace 0.0.0.0/0 via 192.0.2.7 dev br0 table main proto static");
  t.deepEqual(move?.mustAnswer, { address: "192.0.2.7", link: "br0" });
  t.deepEqual(move?.gateways, [{ address: "192.0.2.7", link: "br0" }]);
});

test("a gateway of a family without a default route is refused: nothing would go by it", async (t) => {
  for (const [gateway, family, routes] of [
    ["fe80::1", "IPv6", [viaGateway]],
    ["192.0.2.7", "IPv4", []],
  ] as const) {
    const error = await t.throwsAsync(
      moveToBridge(inputs({ gateway }), hostWith("eth0", [own], [...routes]), eth0, "br0"),
      { code: "bridge-refused" },
    );
    t.is(error?.message, `gateway: eth0 of hv1 has no ${family} default route that ${gateway} could be the gateway of`);
  }
});

test("back to the uplink goes what is on the bridge by then, by the gateway of before", async (t) => {
  const routes = [{ ...viaGateway, gateway: "192.0.2.7" }];
  const move = await moveFromBridge(hostWith("br0", [own], routes), br0, "eth0", { ...original, gateway: "192.0.2.1" });
  t.deepEqual(lines(move), [
    "addr del 192.0.2.2/24 dev br0",
    "addr add 192.0.2.2/24 dev eth0 scope global",
    "route replace 0.0.0.0/0 via 192.0.2.1 dev eth0 table main proto static",
  ]);
  t.deepEqual(move?.gateways, [{ address: "192.0.2.1", link: "eth0" }]);
});

test("a bridge that has them goes by another gateway with the next update, and by the one of before where none is asked for", async (t) => {
  const to = (gateway: string) => ({
    moved: {
      settings: [],
      lines: [`route replace 0.0.0.0/0 via ${gateway} dev br0 table main proto static`.split(" ")],
    },
    gateways: [{ address: gateway, link: "br0" }],
    mustAnswer: { address: gateway, link: "br0" },
  });
  t.deepEqual(await reroute(inputs({ gateway: "192.0.2.7" }), hostWith("br0"), "br0", original), to("192.0.2.7"));
  t.deepEqual(await reroute(inputs(), hostWith("br0"), "br0", { ...original, gateway: "192.0.2.8" }), to("192.0.2.8"));
  const both = { ...original, gateway: "192.0.2.8" };
  t.deepEqual(await reroute(inputs({ gateway: "192.0.2.7" }), hostWith("br0"), "br0", both), to("192.0.2.7"));
});

test("no route is touched where it goes as asked, where none is asked for, or where the addresses are not ours to move", async (t) => {
  t.is(await reroute(inputs({ gateway: "192.0.2.1" }), hostWith("br0"), "br0", original), undefined);
  t.is(await reroute(inputs(), hostWith("br0"), "br0", original), undefined);
  t.is(await reroute({ gateway: "192.0.2.7" } as HostBridgeInputs, hostWith("br0"), "br0", original), undefined);
});

test("the gateway of before is that of the uplink's own default route, of the family that is asked for", (t) => {
  const routes = [
    { destination: "default", device: "eth1", gateway: "192.0.2.10" },
    { destination: "198.51.100.0/24", device: "eth0", gateway: "192.0.2.9" },
    { destination: "default", device: "eth0", gateway: "fe80::1" },
    { destination: "default", device: "eth0", gateway: "192.0.2.1" },
  ];
  const seen = { ...facts([eth0]), routes };
  t.is(gatewayBefore(seen, "eth0", "192.0.2.7"), "192.0.2.1");
  t.is(gatewayBefore(seen, "eth0", "fe80::7"), "fe80::1");
  t.is(gatewayBefore(seen, "eth2", "192.0.2.7"), undefined);
  const direct = { ...seen, routes: [{ destination: "default", device: "eth0", gateway: null }] };
  t.is(gatewayBefore(direct, "eth0", "192.0.2.7"), undefined);
});
