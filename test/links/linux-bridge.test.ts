import test from "ava";
import type { Request } from "../../provider/host/host.ts";
import {
  type BridgeLinks,
  type BridgeWanted,
  changeBridge,
  createBridge,
  foreignPorts,
  readBridge,
  removeBridge,
  restorePort,
} from "../../provider/links/linux-bridge.ts";
import type { LinkFacts } from "../../provider/schema/facts.ts";
import { type LabHost, refusal, useLabHost } from "./lab-host.ts";

const labHost = useLabHost(test, "links-bridge", { uplinks: 15 });

interface Setting {
  readonly on: LabHost;
  readonly uplink: LinkFacts;
  readonly wanted: BridgeWanted;
  readonly done: (steps: Request["steps"]) => Promise<BridgeLinks>;
  readonly look: () => Promise<BridgeLinks>;
}

/** A bridge over an uplink that no other test uses. */
async function setUp(): Promise<Setting> {
  const on = labHost();
  const nic = on.takeUplink();
  const uplink = await on.observe(nic);
  const wanted: BridgeWanted = { name: `br-${nic}`, alias: `kvmnet:acme/prod/${nic}` };
  return {
    on,
    uplink,
    wanted,
    done: async (steps) => readBridge(await on.change(steps), on.host.name),
    look: async () => ({ bridge: await on.observe(wanted.name), uplink: await on.observe(nic) }),
  };
}

test("a bridge is made with the uplink's address and MTU, the uplink in it, and no IPv6 of the host's", async (t) => {
  const { uplink, wanted, done, look } = await setUp();
  const made = await done(createBridge(wanted, uplink));
  t.like(made.bridge, {
    kind: "bridge",
    alias: wanted.alias,
    mac: uplink.mac,
    mtu: 1500,
    up: true,
    ipv6Disabled: true,
    addresses: [],
    bridge: {
      stp: false,
      forwardDelaySeconds: 0,
      helloTimeSeconds: 2,
      maxAgeSeconds: 20,
      priority: 32768,
      ageingSeconds: 300,
      multicastSnooping: true,
      vlanFiltering: false,
      defaultPvid: made.bridge.bridge?.defaultPvid ?? -1,
    },
  });
  t.like(made.uplink, {
    name: uplink.name,
    master: wanted.name,
    bridgePort: { hairpin: false, isolated: false },
    ipv6Disabled: true,
    addresses: [],
  });
  const seen = await look();
  t.is(seen.bridge.carrier, true);
  t.deepEqual(changeBridge(seen, wanted), []);
});

test("every setting that is asked for at creation is there, and changes in place", async (t) => {
  const { uplink, wanted, done } = await setUp();
  const first: BridgeWanted = {
    ...wanted,
    mac: "02:00:00:00:00:aa",
    mtu: 1400,
    stp: true,
    forwardDelaySeconds: 2,
    helloTimeSeconds: 1,
    maxAgeSeconds: 6,
    priority: 4096,
    ageingSeconds: 0,
    multicastSnooping: false,
    port: { hairpin: true, isolated: true },
  };
  const made = await done(createBridge(first, uplink));
  t.deepEqual(changeBridge(made, first), []);
  t.like(made.bridge, { mac: "02:00:00:00:00:aa", mtu: 1400 });
  t.deepEqual(made.uplink.bridgePort, { hairpin: true, isolated: true });

  let now = made;
  for (const next of [wanted, first, { ...first, stp: false, forwardDelaySeconds: 0 }, wanted]) {
    now = await done(changeBridge(now, next));
    t.deepEqual(changeBridge(now, next), [], JSON.stringify(next));
    t.is(now.bridge.index, made.bridge.index);
  }
});

test("an MTU that was asked for stays when the uplink's changes", async (t) => {
  const { on, uplink, wanted, done } = await setUp();
  await done(createBridge({ ...wanted, mtu: 1400 }, uplink));
  await on.sh(`ip link set ${uplink.name} mtu 1450`);
  t.is((await on.observe(wanted.name)).mtu, 1400);
});

test("drift by hand is mended: taken out, down, IPv6 on, marked by someone else", async (t) => {
  const { on, uplink, wanted, done, look } = await setUp();
  const made = await done(createBridge(wanted, uplink));
  await on.sh(
    `ip link set ${uplink.name} nomaster; ip link set ${wanted.name} down alias other
     echo 0 >/proc/sys/net/ipv6/conf/${wanted.name}/disable_ipv6`,
  );
  const mended = await done(changeBridge(await look(), wanted));
  t.deepEqual(changeBridge(mended, wanted), []);
  t.like(mended.uplink, { master: wanted.name, index: made.uplink.index });
  t.like(mended.bridge, { up: true, alias: wanted.alias, ipv6Disabled: true });
});

test("an uplink that has gone to another bridge stays there", async (t) => {
  const { on, uplink, wanted, done, look } = await setUp();
  await done(createBridge(wanted, uplink));
  await on.sh(`ip link add br-other type bridge; ip link set ${uplink.name} master br-other`);
  const moved = await look();
  t.is(moved.uplink.master, "br-other");
  t.deepEqual(changeBridge(moved, wanted), []);
  await on.change(removeBridge(wanted, moved.uplink));
  t.is((await on.observe(uplink.name)).master, "br-other");
});

test("a name that is taken, by whatever it is, is refused", async (t) => {
  const { on, uplink, wanted } = await setUp();
  await on.sh(`ip link add ${wanted.name} type bridge`);
  const answer = await on.change(createBridge(wanted, uplink));
  t.is(answer.failed, 0);
  t.regex(refusal(answer), /File exists/);
  t.is((await on.observe(uplink.name)).master, null);
});

test("an uplink with macvtaps is refused before its IPv6 is touched, and what was made can be removed", async (t) => {
  const { on, uplink, wanted } = await setUp();
  await on.sh(`ip link add link ${uplink.name} name mv-${uplink.name} type macvtap mode bridge`);
  const answer = await on.change(createBridge(wanted, uplink));
  t.is(answer.failed, 0);
  t.regex(refusal(answer), /Device or resource busy/);
  const after = await on.observe(uplink.name);
  t.like(after, { master: null, ipv6Disabled: false });

  t.is((await on.change(removeBridge(wanted, after, uplink))).failed, undefined);
  await t.throwsAsync(on.sh(`ip link show ${wanted.name}`));
});

test("a bridge can't be a bridge's uplink", async (t) => {
  const { on, wanted } = await setUp();
  await on.sh(`ip link add br-inner type bridge`);
  const answer = await on.change(createBridge(wanted, await on.observe("br-inner")));
  t.regex(refusal(answer), /enslave a bridge to a bridge|Too many levels/);
});

test("VLAN filtering is there when asked for, or the kernel's lack of it is the refusal", async (t) => {
  const { on, uplink, wanted } = await setUp();
  const filtering: BridgeWanted = { ...wanted, vlanFiltering: true, defaultPvid: 7 };
  const answer = await on.change(createBridge(filtering, uplink));
  if (answer.failed === undefined) {
    const { bridge } = readBridge(answer, on.host.name);
    t.like(bridge.bridge, { vlanFiltering: true, defaultPvid: 7 });
    t.deepEqual(changeBridge({ bridge, uplink }, filtering), []);
  } else {
    t.is(answer.failed, 0);
    t.regex(refusal(answer), /not supported/);
    await t.throwsAsync(on.sh(`ip link show ${wanted.name}`));
  }
});

test("removing a bridge leaves the uplink as it was", async (t) => {
  const { on, uplink, wanted, done } = await setUp();
  const original = await on.observe(uplink.name);
  const made = await done(createBridge({ ...wanted, port: { hairpin: true } }, uplink));
  t.is((await on.change(removeBridge(wanted, made.uplink, original))).failed, undefined);
  await t.throwsAsync(on.sh(`ip link show ${wanted.name}`));
  // The address that the kernel makes is tentative for a while, or another: not ours to compare.
  const { addresses: _was, ...before } = original;
  const { addresses: _is, ...after } = await on.observe(uplink.name);
  t.deepEqual(after, before);
});

test("only a bridge that carries our mark is removed, and gone is fine", async (t) => {
  const { on, uplink, wanted, done } = await setUp();
  const made = await done(createBridge(wanted, uplink));
  const foreign = await on.change(removeBridge({ ...wanted, alias: "kvmnet:acme/prod/other" }, made.uplink, uplink));
  t.is(foreign.failed, 0);
  t.is((await on.observe(uplink.name)).master, wanted.name);

  await on.sh(`ip link del ${wanted.name}`);
  const left = await on.observe(uplink.name);
  t.is((await on.change(removeBridge(wanted, left, uplink))).failed, 0);
  t.true(left.ipv6Disabled);
  t.is((await on.change(restorePort(left, uplink))).failed, undefined);
  t.false((await on.observe(uplink.name)).ipv6Disabled);
});

test("ports that others put in are named", async (t) => {
  const { on, uplink, wanted, done } = await setUp();
  const made = await done(createBridge(wanted, uplink));
  t.deepEqual(foreignPorts([made.bridge, made.uplink], wanted.name, uplink.name), []);
  await on.sh(`ip tuntap add dev tap-guest mode tap; ip link set tap-guest master ${wanted.name}`);
  const guest = await on.observe("tap-guest");
  t.deepEqual(foreignPorts([made.bridge, made.uplink, guest], wanted.name, uplink.name), [guest]);
});

test("an uplink that carries the host's addresses keeps its IPv6", async (t) => {
  const { on, uplink, wanted, done } = await setUp();
  await on.sh(`ip addr add 2001:db8::1/64 dev ${uplink.name} nodad`);
  const made = await done(createBridge(wanted, await on.observe(uplink.name)));
  t.false(made.uplink.ipv6Disabled);
  t.true(made.bridge.ipv6Disabled);
});

test("a bridge that carries the host's addresses keeps its IPv6 when it is changed", async (t) => {
  const { on, uplink, wanted, done, look } = await setUp();
  await done(createBridge(wanted, uplink));
  await on.sh(
    `echo 0 >/proc/sys/net/ipv6/conf/${wanted.name}/disable_ipv6; ip addr add 198.18.200.1/24 dev ${wanted.name}`,
  );
  t.deepEqual(changeBridge(await look(), wanted), []);
});
