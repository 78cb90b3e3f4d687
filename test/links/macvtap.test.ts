import { once } from "node:events";
import { createInterface } from "node:readline";
import test, { type ExecutionContext } from "ava";
import { linkFilesStep, readLinks } from "../../provider/discovery/read-links.ts";
import type { Answer, Host, Step } from "../../provider/host/host.ts";
import {
  changeMacvtap,
  createMacvtap,
  type MacvtapWanted,
  readMacvtap,
  removeMacvtap,
  undoMacvtap,
} from "../../provider/links/macvtap.ts";
import type { LinkFacts } from "../../provider/schema/facts.ts";
import { Namespace } from "./namespace.ts";

const web1: MacvtapWanted = {
  name: "web-1",
  lower: "eth1",
  mode: "bridge",
  mac: "52:54:00:00:00:01",
  alias: "kvmnet:acme/prod/web-1",
  up: true,
  allMulticast: true,
};

/** An uplink `eth1` whose other end, `far`, is in the same namespace: enough for what the kernel itself decides. */
async function openUplink(t: ExecutionContext): Promise<Namespace> {
  const namespace = await Namespace.open();
  t.teardown(() => namespace.close());
  namespace.sh("ip link add eth1 up type veth peer name far; ip link set far up");
  return namespace;
}

const change = (host: Host, steps: readonly (Step & { mayFail?: boolean })[]) =>
  host.request({ steps, change: "test" });

async function done(host: Host, steps: readonly Step[]): Promise<LinkFacts> {
  return readMacvtap(await change(host, steps), host.name);
}

async function observe(host: Host, name: string): Promise<LinkFacts> {
  const show: Step = { verb: "run", argv: ["ip", "-d", "-j", "addr", "show", "dev", name] };
  return readLinks(await host.request({ steps: [show, linkFilesStep(name)] }), host.name)[0];
}

function refusal(answer: Answer): string {
  return answer.failed === undefined ? "" : (answer.results[answer.failed]?.stderr ?? "");
}

test("a macvtap is made with one process, marked, up, without the host's IPv6, and read back", async (t) => {
  const host = await openUplink(t);
  const steps = createMacvtap(web1);
  t.is(steps.filter((step) => step.verb === "run").length, 1);

  const made = await done(host, steps);
  t.like(made, {
    kind: "macvtap",
    lower: "eth1",
    macvtapMode: "bridge",
    mac: web1.mac,
    alias: web1.alias,
    mtu: 1500,
    up: true,
    carrier: true,
    allMulticast: true,
    ipv6Disabled: true,
    addresses: [],
    nic: null,
  });
  const [major, minor] = host.sh(`cat /sys/class/net/web-1/tap${made.index}/dev`).trim().split(":").map(Number);
  t.deepEqual(made.tap, { path: `/dev/tap${made.index}`, major: major ?? -1, minor: minor ?? -1 });
  t.deepEqual(await observe(host, "web-1"), made);
});

test("a macvtap below the smallest MTU of IPv6 is made too: it has none to take away", async (t) => {
  const host = await openUplink(t);
  t.like(await done(host, createMacvtap({ ...web1, mtu: 1279 })), {
    mtu: 1279,
    up: true,
    ipv6Disabled: null,
  });
});

test("the host sends no frame with the VM's address, where an ordinary macvtap does", async (t) => {
  const host = await openUplink(t);
  // Forwarding makes the kernel join (and report) one more group: the harder case.
  host.sh("sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv6.conf.default.accept_ra=2");
  const sniffer = host.spawn([
    "tcpdump",
    "-l",
    "-n",
    "-e",
    "-i",
    "far",
    "ether src 52:54:00:00:00:01 or ether src 52:54:00:00:00:99",
  ]);
  t.teardown(() => sniffer.kill());
  if (!sniffer.stdout || !sniffer.stderr) throw new Error("no pipes");
  await once(sniffer.stderr, "data");

  await done(host, createMacvtap(web1));
  host.sh("ip link add link eth1 name plain address 52:54:00:00:00:99 up type macvtap mode bridge");
  // Its router solicitation is the last of what the kernel sends by itself.
  for await (const line of createInterface({ input: sniffer.stdout })) {
    t.notRegex(line, /52:54:00:00:00:01 >/);
    if (line.includes("router solicitation")) break;
  }
  t.pass();
});

test("a name that is taken is refused, and the one that has it can be adopted by changing it", async (t) => {
  const host = await openUplink(t);
  const first = await done(host, createMacvtap(web1));
  const again = await change(host, createMacvtap(web1));
  t.is(again.failed, 0);
  t.regex(refusal(again), /File exists/);

  const wanted = { ...web1, mode: "vepa", mac: "52:54:00:00:00:02" } as const;
  const adopted = await done(host, changeMacvtap(first, wanted));
  t.like(adopted, { index: first.index, macvtapMode: "vepa", mac: wanted.mac });
});

test("mode, address, MTU, multicast, mark and state change in place, with the device kept", async (t) => {
  const host = await openUplink(t);
  let now = await done(host, createMacvtap(web1));
  const { index, tap } = now;
  const changes: Partial<MacvtapWanted>[] = [
    { mode: "vepa" },
    { mode: "private" },
    { mode: "bridge" },
    { mac: "52:54:00:00:00:03" },
    { mtu: 1400 },
    { allMulticast: false },
    { alias: 'kvmnet:acme/prod/"quoted" name' },
    { up: false },
  ];
  let wanted = web1;
  for (const next of changes) {
    wanted = { ...wanted, ...next };
    now = await done(host, changeMacvtap(now, wanted));
    t.deepEqual(changeMacvtap(now, wanted), [], JSON.stringify(next));
    t.like(now, { index, tap });
  }
  now = await done(host, changeMacvtap(now, web1));
  t.deepEqual(changeMacvtap(now, web1), []);
});

test("the host's IPv6 that somebody turned on again is turned off", async (t) => {
  const host = await openUplink(t);
  await done(host, createMacvtap(web1));
  host.sh("echo 0 >/proc/sys/net/ipv6/conf/web-1/disable_ipv6");
  const drifted = await observe(host, "web-1");
  t.false(drifted.ipv6Disabled);
  t.like(await done(host, changeMacvtap(drifted, web1)), { ipv6Disabled: true, addresses: [] });
});

test("an address that another macvtap of the uplink has is refused", async (t) => {
  const host = await openUplink(t);
  await done(host, createMacvtap(web1));
  const second = await change(host, createMacvtap({ ...web1, name: "web-2" }));
  t.not(second.failed, undefined);
  const undone = await change(host, undoMacvtap({ ...web1, name: "web-2" }));
  t.regex(undone.results[0]?.stderr ?? "", /Address already in use|Device or resource busy/);
  t.is(undone.failed, undefined);
  t.throws(() => host.sh("ip link show web-2"));
});

test("an MTU above the uplink's is refused, and lowering the uplink's lowers the macvtap's for good", async (t) => {
  const host = await openUplink(t);
  const tooLarge = await change(host, createMacvtap({ ...web1, mtu: 1501 }));
  t.regex(refusal(tooLarge), /Invalid argument/);

  const made = await done(host, createMacvtap(web1));
  host.sh("ip link set eth1 mtu 1300; ip link set eth1 mtu 1500");
  const clamped = await observe(host, "web-1");
  t.is(clamped.mtu, 1300);
  t.deepEqual(await done(host, changeMacvtap(clamped, { ...web1, mtu: 1500 })), made);
});

test("a NIC in a bridge refuses a macvtap, and one with a macvtap refuses to be a port", async (t) => {
  const host = await openUplink(t);
  host.sh("ip link add br0 type bridge; ip link set eth1 master br0");
  t.regex(refusal(await change(host, createMacvtap(web1))), /Device or resource busy/);

  host.sh("ip link set eth1 nomaster");
  await done(host, createMacvtap(web1));
  t.throws(() => host.sh("ip link set eth1 master br0"), { message: /Device or resource busy/ });
});

test("a macvtap on an uplink that is down is made, and waits for it", async (t) => {
  const host = await openUplink(t);
  host.sh("ip link set eth1 down");
  t.like(await done(host, createMacvtap(web1)), { up: true, carrier: false });
  host.sh("ip link set eth1 up");
  t.true((await observe(host, "web-1")).carrier);
});

test("only what carries our mark is removed, and gone is fine", async (t) => {
  const host = await openUplink(t);
  await done(host, createMacvtap(web1));
  const foreign = await change(host, removeMacvtap({ name: "web-1", alias: "kvmnet:acme/prod/other" }));
  t.is(foreign.failed, 0);
  t.is((await observe(host, "web-1")).alias, web1.alias);

  t.is((await change(host, removeMacvtap(web1))).failed, undefined);
  t.is((await change(host, removeMacvtap(web1))).failed, 0);
  t.throws(() => host.sh("ip link show web-1"));
});

test("a mark that a batch can't carry is refused before the host is asked", (t) => {
  t.throws(() => createMacvtap({ ...web1, alias: "a # b" }), { instanceOf: TypeError });
  t.throws(() => createMacvtap({ ...web1, alias: "a\nlink del eth1" }), { instanceOf: TypeError });
});
