import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import test from "ava";
import { enter } from "../../lab/namespace.ts";
import type { Request } from "../../provider/host/host.ts";
import {
  changeMacvtap,
  createMacvtap,
  type MacvtapWanted,
  readMacvtap,
  removeMacvtap,
  undoMacvtap,
} from "../../provider/links/macvtap.ts";
import type { LinkFacts } from "../../provider/schema/facts.ts";
import { type LabHost, refusal, useLabHost } from "./lab-host.ts";

const labHost = useLabHost(test, "links-macvtap", { uplinks: 12 });

interface Setting {
  readonly on: LabHost;
  /** A macvtap on an uplink that no other test uses. */
  readonly vm: MacvtapWanted;
  readonly done: (steps: Request["steps"]) => Promise<LinkFacts>;
}

function setUp(): Setting {
  const on = labHost();
  const lower = on.takeUplink();
  const vm: MacvtapWanted = {
    name: `vm-${lower}`,
    lower,
    mode: "bridge",
    mac: "52:54:00:00:00:01",
    alias: `kvmnet:acme/prod/${lower}`,
    up: true,
    allMulticast: true,
  };
  return { on, vm, done: async (steps) => readMacvtap(await on.change(steps), on.host.name) };
}

test("a macvtap is made with one process, marked, up, without the host's IPv6, and read back", async (t) => {
  const { on, vm, done } = setUp();
  const steps = createMacvtap(vm);
  t.is(steps.filter((step) => step.verb === "run").length, 1);

  const made = await done(steps);
  t.like(made, {
    name: vm.name,
    kind: "macvtap",
    lower: vm.lower,
    macvtapMode: "bridge",
    mac: vm.mac,
    alias: vm.alias,
    mtu: 1500,
    up: true,
    carrier: true,
    allMulticast: true,
    ipv6Disabled: true,
    addresses: [],
    nic: null,
  });
  const numbers = await on.sh(`cat /sys/class/net/${vm.name}/tap${made.index}/dev`);
  t.is(made.tap?.path, `/dev/tap${made.index}`);
  t.is(`${made.tap?.major}:${made.tap?.minor}`, numbers.trim());
  t.deepEqual(await on.observe(vm.name), made);
});

test("a macvtap below the smallest MTU of IPv6 is made too: it has none to take away", async (t) => {
  const { vm, done } = setUp();
  t.like(await done(createMacvtap({ ...vm, mtu: 1279 })), { mtu: 1279, up: true, ipv6Disabled: null });
});

test("the host sends no frame with the VM's address, where an ordinary macvtap does", async (t) => {
  const { on, vm, done } = setUp();
  // Forwarding makes the kernel join, and report, one more group: the harder case.
  await on.sh("sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv6.conf.default.accept_ra=2");
  const port = on.lab.switch.ports[`hv1/${vm.lower}`] ?? "";
  const [file, ...args] = enter(on.lab.namespace("switch"), ["tcpdump", "-lnei", port, "ether[6:4] = 0x52540000"]);
  const sniffer = spawn(file ?? "", args);
  t.teardown(() => sniffer.kill());
  await once(sniffer.stderr, "data");

  await done(createMacvtap(vm));
  await on.sh(`ip link add link ${vm.lower} name plain address 52:54:00:00:00:99 up type macvtap mode bridge`);
  const sources: string[] = [];
  for await (const line of createInterface({ input: sniffer.stdout })) {
    sources.push(/52:54:00:00:00:\d\d(?= >)/.exec(line)?.[0] ?? line);
    // The last that the kernel sends by itself.
    if (line.includes("router solicitation")) break;
  }
  t.deepEqual([...new Set(sources)], ["52:54:00:00:00:99"]);
});

test("a name that is taken is refused, and the one that has it can be adopted by changing it", async (t) => {
  const { on, vm, done } = setUp();
  const first = await done(createMacvtap(vm));
  const again = await on.change(createMacvtap(vm));
  t.is(again.failed, 0);
  t.regex(refusal(again), /File exists/);

  const wanted = { ...vm, mode: "vepa", mac: "52:54:00:00:00:02" } as const;
  const adopted = await done(changeMacvtap(first, wanted));
  t.like(adopted, { index: first.index, macvtapMode: "vepa", mac: wanted.mac });
});

test("mode, address, MTU, multicast, mark and state change in place, with the device kept", async (t) => {
  const { vm, done } = setUp();
  let now = await done(createMacvtap(vm));
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
  let wanted = vm;
  for (const next of changes) {
    wanted = { ...wanted, ...next };
    now = await done(changeMacvtap(now, wanted));
    t.deepEqual(changeMacvtap(now, wanted), [], JSON.stringify(next));
    t.like(now, { index, tap });
  }
  now = await done(changeMacvtap(now, vm));
  t.deepEqual(changeMacvtap(now, vm), []);
});

test("the host's IPv6 that somebody turned on again is turned off", async (t) => {
  const { on, vm, done } = setUp();
  await done(createMacvtap(vm));
  await on.sh(`echo 0 >/proc/sys/net/ipv6/conf/${vm.name}/disable_ipv6`);
  const drifted = await on.observe(vm.name);
  t.false(drifted.ipv6Disabled);
  t.like(await done(changeMacvtap(drifted, vm)), { ipv6Disabled: true, addresses: [] });
});

test("an address that another macvtap of the uplink has is refused, and nothing is left of the attempt", async (t) => {
  const { on, vm, done } = setUp();
  await done(createMacvtap(vm));
  const twin = { ...vm, name: `${vm.name}b` };
  t.not((await on.change(createMacvtap(twin))).failed, undefined);
  const undone = await on.change(undoMacvtap(twin));
  t.regex(undone.results[0]?.stderr ?? "", /Address already in use|Device or resource busy/);
  t.is(undone.failed, undefined);
  await t.throwsAsync(on.sh(`ip link show ${twin.name}`));
});

test("an MTU above the uplink's is refused, and lowering the uplink's lowers the macvtap's for good", async (t) => {
  const { on, vm, done } = setUp();
  t.regex(refusal(await on.change(createMacvtap({ ...vm, mtu: 1501 }))), /Invalid argument/);

  const made = await done(createMacvtap(vm));
  await on.sh(`ip link set ${vm.lower} mtu 1300; ip link set ${vm.lower} mtu 1500`);
  const clamped = await on.observe(vm.name);
  t.is(clamped.mtu, 1300);
  t.deepEqual(await done(changeMacvtap(clamped, { ...vm, mtu: 1500 })), made);
});

test("a NIC in a bridge refuses a macvtap, and one with a macvtap refuses to be a port", async (t) => {
  const { on, vm, done } = setUp();
  await on.sh(`ip link add br-busy type bridge; ip link set ${vm.lower} master br-busy`);
  t.regex(refusal(await on.change(createMacvtap(vm))), /Device or resource busy/);

  await on.sh(`ip link set ${vm.lower} nomaster`);
  await done(createMacvtap(vm));
  await t.throwsAsync(on.sh(`ip link set ${vm.lower} master br-busy`), { message: /Device or resource busy/ });
});

test("a macvtap on an uplink that is down is made, and waits for it", async (t) => {
  const { on, vm, done } = setUp();
  await on.sh(`ip link set ${vm.lower} down`);
  t.like(await done(createMacvtap(vm)), { up: true, carrier: false });
  await on.sh(`ip link set ${vm.lower} up`);
  t.true((await on.observe(vm.name)).carrier);
});

test("only what carries our mark is removed, and gone is fine", async (t) => {
  const { on, vm, done } = setUp();
  await done(createMacvtap(vm));
  t.is((await on.change(removeMacvtap({ name: vm.name, alias: "kvmnet:acme/prod/other" }))).failed, 0);
  t.is((await on.observe(vm.name)).alias, vm.alias);

  t.is((await on.change(removeMacvtap(vm))).failed, undefined);
  t.is((await on.change(removeMacvtap(vm))).failed, 0);
  await t.throwsAsync(on.sh(`ip link show ${vm.name}`));
});

test("a mark that a batch can't carry is refused before the host is asked", (t) => {
  const { vm } = setUp();
  t.throws(() => createMacvtap({ ...vm, alias: "a # b" }), { code: "ip-word" });
  t.throws(() => createMacvtap({ ...vm, alias: "a\nlink del eth1" }), { code: "ip-word" });
});
