import { setTimeout as wait } from "node:timers/promises";
import test from "ava";
import { addMacvtap } from "../../lab/endpoint.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { provide } from "../../prove/provide.ts";
import type { RelayProbe } from "../../provider/planning/index.ts";
import { labTest } from "../lab/lab-test.ts";
import { only } from "./bad-input/given.ts";
import { changesBetween, snapshotOf } from "./host-snapshot.ts";
import { both, checked, create, hypervisor, kind, lab, refOf, relayOf, sh, useRelayLab } from "./relay-lab.ts";

useRelayLab(test);

/** What is left of a probe on the hypervisor. */
const leftovers = () => sh("ls /sys/class/net | grep ^kvmp || :");

labTest("where nobody speaks LLDP and nobody probes, relay is unknown and without evidence", async (t) => {
  const state = await create(t, { nic: "mgmt" });
  t.deepEqual(state.relay, { state: "unknown", evidence: "none" });
});

labTest("a probe says absent while the switch does not reflect, active when it does, and leaves nothing", async (t) => {
  const before = await snapshotOf(lab(), "hv1");
  const inputs = { nic: "eth1", reflectiveRelay: "probe" };
  let state = await create(t, inputs);
  t.like(state.relay, { state: "absent", evidence: "probe" });
  t.regex(relayOf(state).at ?? "", /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);

  await lab().hairpin("hv1", "eth1", true);
  const refreshed = await kind.read(state);
  if (refreshed === undefined) return t.fail("gone");
  t.like(refreshed.state.relay, { state: "active", evidence: "probe" });
  t.is(refreshed.inputs.probed, "active (it was absent)", "the refresh shows it");
  state = refreshed.state;

  // What the program says is as before: nothing is to do, and nothing is probed.
  const news = checked(t, inputs, refreshed.inputs);
  t.deepEqual(kind.diff(state, news), { changes: false, replaces: [] });
  await lab().hairpin("hv1", "eth1", false);
  const updated = await kind.update(state, checked(t, { ...inputs, mtu: 1400 }, refreshed.inputs));
  t.deepEqual(updated.relay, state.relay, "an update keeps the result that its preview was made with");

  await kind.delete(updated);
  t.is(await leftovers(), "");
  t.deepEqual(changesBetween(before, await snapshotOf(lab(), "hv1")), []);
});

labTest("frames of others, also such that look like a probe's, do not confuse it", async (t) => {
  const noise = await addMacvtap(lab(), "hv2", { link: "noise", uplink: "eth1", mode: "bridge" });
  const stop = new AbortController();
  const flood = (async () => {
    for (let count = 0; !stop.signal.aborted; count += 1) {
      const payload = `\nkvm-network probe ${count.toString(16).padStart(10, "0")}\n`;
      for (const to of ["ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01"]) noise.send({ to, payload });
      await wait(1);
    }
  })();
  try {
    t.is(relayOf(await create(t, { nic: "eth1", reflectiveRelay: "probe" })).state, "absent");
    await lab().hairpin("hv1", "eth1", true);
    t.is(relayOf(await create(t, { nic: "eth1", reflectiveRelay: "probe" })).state, "active");
  } finally {
    await lab().hairpin("hv1", "eth1", false);
    stop.abort();
    await flood;
    await noise.close();
  }
});

labTest("the filter of a pepa VM on the same uplink does not stand in a probe's way", async (t) => {
  const uplink = await provide(hypervisor(), "Uplink", "pepa-eth1", { nic: "eth1" });
  const bridge = await provide(hypervisor(), "HostBridge", "pepa-fabric", { uplink: uplink.ref, type: "ethernet" });
  const vm = await provide(hypervisor(), "VmInterface", "pepa-vm", { bridge: bridge.ref, mode: "pepa" });
  for (const on of [false, true, false]) {
    await lab().hairpin("hv1", "eth1", on);
    const { relay } = await create(t, { nic: "eth1", reflectiveRelay: "probe" });
    t.like(relay, { state: on ? "active" : "absent", evidence: "probe" });
  }
  for (const each of [vm, bridge, uplink]) await each.remove();
});

labTest("a probe that cannot be made says why, and is unknown", async (t) => {
  const probe = async (nic: string) => {
    const state = await create(t, { nic, reflectiveRelay: "probe" });
    t.not(relayOf(state).evidence, "probe");
    t.is(refOf(state).reflectiveRelay, "unknown");
    return state.probe as RelayProbe;
  };
  await sh("ip link add br0 type bridge; ip link set eth2 master br0");
  t.is((await probe("eth2")).state, "unknown");
  t.regex((await probe("eth2")).reason ?? "", /eth2 is a port of a bridge or bond/);
  await sh("ip link del br0; ip link add link eth2 name whole type macvtap mode passthru");
  t.regex((await probe("eth2")).reason ?? "", /no macvtap can be made on eth2: .*Invalid argument/);
  await sh("ip link del whole");

  await sh("ip link set hv1-eth2 down", "switch");
  t.regex((await probe("eth2")).reason ?? "", /eth2 has no carrier/);
  await sh("ip link set hv1-eth2 up", "switch");

  await sh("ip link set eth2 down");
  t.regex((await probe("eth2")).reason ?? "", /eth2 was down until this update/);

  // A filter on the way out: what did not leave proves nothing of the switch.
  await sh(
    `nft 'table netdev t { chain c { type filter hook egress device "eth2" priority 0; ether type 0x88b5 drop; }; }'`,
  );
  const silenced = await probe("eth2");
  t.is(silenced.state, "unknown");
  t.regex(silenced.reason ?? "", /own frames did not leave eth2/);
  await sh("nft delete table netdev t");
  t.like(await create(t, { nic: "eth2", reflectiveRelay: "probe" }), { probe: { state: "absent" } });
  t.is(await leftovers(), "");
});

labTest("a refresh that cannot probe keeps the last result, with its age and the reason", async (t) => {
  const state = await create(t, { nic: "eth2", reflectiveRelay: "probe" });
  await sh("ip link add br0 type bridge; ip link set eth2 master br0");
  const refreshed = await kind.read(state);
  await sh("ip link del br0");
  t.is(refreshed?.inputs.probed, state.probed, "nothing to show");
  t.like(refreshed?.state.relay, { state: "absent", evidence: "probe", at: relayOf(state).at ?? "" });
  t.regex(relayOf(refreshed?.state ?? {}).reason ?? "", /not renewed at .*: eth2 is a port of a bridge/);
});

/** A probe that is under way: the process that its links name. */
const probing = (): Promise<string> =>
  waitUntil("the links of a probe", 20, async () => {
    const alias = await sh("cat /sys/class/net/kvmp*b/ifalias 2>/dev/null || :");
    return /^pulumi-kvm-network:probe (\d+) \d+$/m.exec(alias)?.[1];
  });

labTest("a probe whose connection breaks clears its links away by itself, and is made again", async (t) => {
  const creating = create(t, { nic: "eth1", reflectiveRelay: "probe" });
  const shell = await probing();
  // Its sshd: an ordinary user's sudo stands between.
  await sh(`p=${shell}; until grep -q ^sshd /proc/$p/comm; do p=$(($(ps -o ppid= -p $p))); done; kill -9 $p`);
  t.is(relayOf(await creating).state, "absent");
  t.is(await leftovers(), "");
});

labTest("what a killed probe leaves goes with the next one, and the links of others stay", async (t) => {
  const creating = create(t, { nic: "eth1", reflectiveRelay: "probe" });
  const shell = await probing();
  await sh("ip link add kvmpforeign type bridge");
  // Nobody is left to clear its links away.
  await sh(`kill -9 ${shell} $(cat /proc/${shell}/task/${shell}/children)`);
  t.is(relayOf(await creating).state, "absent");
  t.is(await leftovers(), "kvmpforeign\n");
  await sh("ip link del kvmpforeign");
});

labTest("what is assumed wins over the probe, and the contradiction is said", async (t) => {
  const inputs = { nic: "eth1", reflectiveRelay: "probe", assume: { reflectiveRelay: "active" } };
  const state = await create(t, inputs);
  t.like(state.relay, { state: "active", evidence: "assumed" });
  t.regex(relayOf(state).contradiction ?? "", /assumed active, but the probe of .* says absent/);
  t.like(state.ref, { reflectiveRelay: "active" });
});

labTest(
  "one program: vepa where the probe says that the switch reflects, refused with the remedy elsewhere",
  async (t) => {
    await lab().hairpin("hv1", "eth1", true);
    const reflecting = both(await create(t, { nic: "eth1", reflectiveRelay: "probe" }));
    t.deepEqual(reflecting.failures, []);
    t.like(reflecting.inputs.realization, { kind: "macvtap-vepa" });
    await lab().hairpin("hv1", "eth1", false);

    const absent = both(await create(t, { nic: "eth1", reflectiveRelay: "probe" }));
    only(t, absent.failures, "needs", /the adjacent switch reflects .*, which is not so .*enable reflective relay/);
    const unknown = both(await create(t, { nic: "eth1" }));
    only(
      t,
      unknown.failures,
      "needs",
      /the adjacent switch reflects .*, which nobody has said .*reflectiveRelay: "probe"/,
    );
  },
);
