import { setTimeout as wait } from "node:timers/promises";
import type { ExecutionContext } from "ava";
import test from "ava";
import { addMacvtap } from "../../lab/endpoint.ts";
import { createLab, type Lab, type LabHypervisor } from "../../lab/lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { provide } from "../../prove/provide.ts";
import { observe } from "../../provider/discovery/observe.ts";
import { closeHosts, openHost } from "../../provider/host/open-host.ts";
import { type Relay, type RelayProbe, withRelay } from "../../provider/planning/index.ts";
import { lifecycle } from "../../provider/resources/lifecycle.ts";
import type { Properties } from "../../provider/resources/resource-kind.ts";
import { uplinkRefSchema } from "../../provider/schema/ref.ts";
import { labName, labTest } from "../lab/lab-test.ts";
import { only } from "./bad-input/given.ts";
import { changesBetween, snapshotOf } from "./host-snapshot.ts";

let lab: Lab;
test.after.always(async () => {
  closeHosts();
  await lab?.down();
});

const hypervisor = (): LabHypervisor => {
  const [first] = lab.hypervisors;
  if (first === undefined) throw new Error("a lab without hypervisors");
  return first;
};

const sh = async (script: string, where = "hv1"): Promise<string> => {
  const { status, stdout, stderr } = await lab.exec(where, ["sh", "-euc", script]);
  if (status !== 0) throw new Error(`${script}: ${status}: ${stderr}${stdout}`);
  return stdout;
};

const given = (kind: string, inputs: Properties): Properties => {
  const { connection } = hypervisor();
  const seed = `acme/urn:pulumi:dev::relay::Kind::${kind}-${String(inputs.nic ?? "")}`;
  return { host: connection.host, connection, seed, ...inputs };
};

const kind = lifecycle("Uplink");

/** Each test's is a resource of its own: of one that is made again the host knows what was there before. */
const checked = (t: ExecutionContext, inputs: Properties, olds: Properties = {}): Properties => {
  const seed = `acme/urn:pulumi:dev::relay::Uplink::${t.title.slice(0, 20)}-${inputs.nic}`;
  const { inputs: news, failures } = kind.check(olds, given("Uplink", { seed, ...inputs }));
  t.deepEqual(failures, []);
  return news;
};

const create = async (t: ExecutionContext, inputs: Properties): Promise<Properties> =>
  (await kind.create(checked(t, inputs))).state;

/** What is left of a probe on the hypervisor. */
const leftovers = () => sh("ls /sys/class/net | grep ^kvmp || :");

const relayOf = (state: Properties): Relay => state.relay as Relay;

/** What a test did by hand makes no observation old. */
const factsNow = async () => {
  const host = openHost(hypervisor().connection);
  await host.request({ steps: [{ verb: "read", path: "/proc/uptime" }], change: "a test's change" });
  return await observe(host);
};

labTest("where nobody speaks LLDP and nobody probes, relay is unknown and without evidence", async (t) => {
  lab = await createLab({ name: labName(), hypervisors: 2, uplinks: 3, libvirt: false, lldp: true });
  await waitUntil("lldpad", 20, async () => ((await factsNow()).lldp.mgmt === undefined ? undefined : true));
  const state = await create(t, { nic: "mgmt" });
  t.deepEqual(state.relay, { state: "unknown", evidence: "none" });
});

labTest("a probe says absent while the switch does not reflect, active when it does, and leaves nothing", async (t) => {
  const before = await snapshotOf(lab, "hv1");
  const inputs = { nic: "eth1", reflectiveRelay: "probe" };
  let state = await create(t, inputs);
  t.like(state.relay, { state: "absent", evidence: "probe" });
  t.regex(relayOf(state).at ?? "", /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);

  await lab.hairpin("hv1", "eth1", true);
  const refreshed = await kind.read(state);
  if (refreshed === undefined) return t.fail("gone");
  t.like(refreshed.state.relay, { state: "active", evidence: "probe" });
  t.is(refreshed.inputs.probed, "active (it was absent)", "the refresh shows it");
  state = refreshed.state;

  // What the program says is as before: nothing is to do, and nothing is probed.
  const news = checked(t, inputs, refreshed.inputs);
  t.deepEqual(kind.diff(state, news), { changes: false, replaces: [] });
  await lab.hairpin("hv1", "eth1", false);
  const updated = await kind.update(state, checked(t, { ...inputs, mtu: 1400 }, refreshed.inputs));
  t.deepEqual(updated.relay, state.relay, "an update keeps the result that its preview was made with");

  await kind.delete(updated);
  t.is(await leftovers(), "");
  t.deepEqual(changesBetween(before, await snapshotOf(lab, "hv1")), []);
});

labTest("frames of others, also such that look like a probe's, do not confuse it", async (t) => {
  const noise = await addMacvtap(lab, "hv2", { link: "noise", uplink: "eth1", mode: "bridge" });
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
    await lab.hairpin("hv1", "eth1", true);
    t.is(relayOf(await create(t, { nic: "eth1", reflectiveRelay: "probe" })).state, "active");
  } finally {
    await lab.hairpin("hv1", "eth1", false);
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
    await lab.hairpin("hv1", "eth1", on);
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

/** What others get of an Uplink, as the sdk gives it to them. */
const refOf = (state: Properties) => withRelay(uplinkRefSchema.parse(state.ref), relayOf(state));

const both = (state: Properties) => {
  const bridge = lifecycle("HostBridge").check({}, given("HostBridge", { uplink: refOf(state), type: "ethernet" }));
  const wanted = { bridge: bridge.inputs.ref, needs: ["vm-to-vm", "switch-visible"] };
  return lifecycle("VmInterface").check({}, given("VmInterface", wanted));
};

labTest(
  "one program: vepa where the probe says that the switch reflects, refused with the remedy elsewhere",
  async (t) => {
    await lab.hairpin("hv1", "eth1", true);
    const reflecting = both(await create(t, { nic: "eth1", reflectiveRelay: "probe" }));
    t.deepEqual(reflecting.failures, []);
    t.like(reflecting.inputs.realization, { kind: "macvtap-vepa" });
    await lab.hairpin("hv1", "eth1", false);

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

labTest("what LLDP advertises is neither yes nor no, and the probe tells it from what the switch does", async (t) => {
  await waitUntil("the switch's EVB TLV", 40, async () => {
    const { stdout } = await lab.exec("hv1", ["lldptool", "-t", "-n", "-i", "eth3", "-g", "ncb"]);
    return stdout.includes("rrcap") ? true : undefined;
  });
  const advertised = await create(t, { nic: "eth3", mtu: 1400 });
  t.deepEqual(advertised.relay, { state: "advertised", evidence: "lldp" });
  t.is(refOf(advertised).reflectiveRelay, "unknown");
  t.is(both(advertised).failures.length, 1);
  await kind.delete(advertised);

  const probed = await create(t, { nic: "eth3", reflectiveRelay: "probe" });
  t.like(probed.relay, { state: "absent", evidence: "probe" });
  t.regex(relayOf(probed).contradiction ?? "", /offers reflective relay, but frames do not come back/);
  const assumed = await create(t, { nic: "eth3", assume: { reflectiveRelay: "absent" } });
  t.regex(relayOf(assumed).contradiction ?? "", /assumed absent, but by LLDP \(EVB\) the switch offers/);
  await lab.hairpin("hv1", "eth3", true);
  const reflecting = await create(t, { nic: "eth3", reflectiveRelay: "probe" });
  t.like(reflecting.relay, { state: "active", evidence: "probe" });
  t.is(relayOf(reflecting).contradiction, undefined);
  await lab.hairpin("hv1", "eth3", false);
});

const evb = async (nic: string) =>
  (
    await sh(
      `lldptool -t -i ${nic} -g ncb -V evb -c evbmode evbrrreq enableTx; lldptool -l -i ${nic} -g ncb adminStatus`,
    )
  )
    .split("\n")
    .filter((line) => line !== "");

labTest("a request makes lldpad a station that asks for relay, shows drift, and is taken back on delete", async (t) => {
  await sh(`lldptool -T -i eth2 -g ncb -V evb enableTx=no; lldptool -T -i eth2 -g ncb -V evb evbrrreq=no
    lldptool -T -i eth2 -g ncb -V evb evbmode=bridge; lldptool -L -i eth2 -g ncb adminStatus=disabled`);
  const before = await evb("eth2");
  const asked = ["evbmode=station", "evbrrreq=yes", "enableTx=yes", "adminStatus=rxtx"];
  await lab.hairpin("hv1", "eth2", true);
  const state = await create(t, { nic: "eth2", reflectiveRelay: ["request", "probe"] });
  t.deepEqual(await evb("eth2"), asked);
  t.is(relayOf(state).state, "active");

  await sh("lldptool -T -i eth2 -g ncb -V evb evbrrreq=no");
  const refreshed = await kind.read(state);
  t.is(refreshed?.inputs.requested, "evbrrreq=no");
  const inputs = checked(t, { nic: "eth2", reflectiveRelay: ["request", "probe"] }, refreshed?.inputs ?? {});
  t.is(kind.diff(refreshed?.state ?? {}, inputs).changes, undefined, "the next update mends it");
  const mended = await kind.update(refreshed?.state ?? {}, inputs);
  t.deepEqual(await evb("eth2"), asked);

  await kind.delete(mended);
  t.deepEqual(await evb("eth2"), before);
  const again = await create(t, { nic: "eth2", reflectiveRelay: "request" });
  const dropped = await kind.update(again, checked(t, { nic: "eth2" }, again));
  t.deepEqual(await evb("eth2"), before, "also when the program no longer asks");
  t.deepEqual(dropped.original, { mtu: 1500, up: true });
  await lab.hairpin("hv1", "eth2", false);
});

labTest("a request is refused on a port of a bridge and without lldpad, before anything is touched", async (t) => {
  const refused = async (property: string, says: RegExp) => {
    const hostFacts = await factsNow();
    const inputs = { nic: "eth2", reflectiveRelay: "request", mtu: 1400 };
    only(t, kind.check({}, given("Uplink", { ...inputs, hostFacts })).failures, property, says);
    const before = await snapshotOf(lab, "hv1");
    await t.throwsAsync(create(t, inputs), { message: says });
    t.deepEqual(changesBetween(before, await snapshotOf(lab, "hv1")), []);
  };
  await sh("ip link add br0 type bridge; ip link set eth2 master br0");
  await refused("reflectiveRelay", /eth2 of hv1 is a port of the bridge br0: a Linux bridge on a reflecting port/);
  const { ref } = checked(t, { nic: "eth2", reflectiveRelay: "request" });
  const bridge = lifecycle("HostBridge").check({}, given("HostBridge", { uplink: ref }));
  only(t, bridge.failures, "type", /its Uplink asks the switch to reflect on eth2: a Linux bridge there hears/);
  await sh("ip link del br0; kill $(cat /run/lldpad.pid)");
  await waitUntil("the end of lldpad", 10, async () =>
    (await sh("cat /proc/net/unix")).includes("lldpad") ? undefined : true,
  );
  await refused("reflectiveRelay", /lldpad does not run on hv1.*install and start lldpad there/);
});
