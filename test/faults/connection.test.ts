import test from "ava";
import { attempt } from "../../lab/command.ts";
import { sshSessions } from "../../lab/ssh-daemon.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { observe } from "../../provider/discovery/observe.ts";
import { closeHosts, openHost } from "../../provider/host/open-host.ts";
import { createMacvtap } from "../../provider/links/macvtap.ts";
import { overFaults } from "../../provider/resources/over-faults.ts";
import { PartlyMade } from "../../provider/resources/partly-made.ts";
import { labName } from "../lab/lab-test.ts";
import { changesBetween, snapshotOf } from "../resources/host-snapshot.ts";
import { useFaultHost } from "./fault-host.ts";
import { Made } from "./made.ts";

const host = useFaultHost(test, labName());
const of = (kind: string, name: string) => new Made(host().connection, kind, name);

/** What the tests make, and the line in which the host is told to. */
const endpoint = { mode: "vepa", name: "ep0" } as const;
const adding = "link add link eth1";

const uplink = async () => {
  const eth1 = of("Uplink", "eth1");
  const state = await eth1.create({ nic: "eth1" });
  return { ref: state.ref, remove: () => eth1.delete(state) };
};

for (const [when, staged] of [
  ["before the command did anything", { before: "hold" }],
  ["behind it, before its answer", { after: "hold" }],
] as const) {
  test.serial(`connection cut mid-change, ${when}: looked at once it is over, and nothing is done twice`, async (t) => {
    const before = await snapshotOf(host().lab, "hv1");
    const { ref, remove } = await uplink();
    await host().stage("ip", { calls: adding, ...staged });
    const made = of("MacvtapEndpoint", "ep");
    const creating = made.create({ uplink: ref, ...endpoint });
    await host().held();
    t.is(await host().cut(), 0, "the host is asked nothing while the first is under way");
    host().release();
    const state = await creating;
    t.is(host().callsOf("ip").length, 1, "it was there by then");
    t.regex(
      await host().sh("ip -d link show ep0; cat /proc/sys/net/ipv6/conf/ep0/disable_ipv6"),
      /,UP[\s\S]*mode vepa[\s\S]*\n1\n/,
    );
    t.deepEqual(await made.read(state), state);
    await made.delete(state);
    await remove();
    await host().restore();
    t.deepEqual(changesBetween(before, await snapshotOf(host().lab, "hv1")), []);
  });
}

test.serial("connection cut mid-change of a NIC: what it was before is known all the same, and restored", async (t) => {
  const nic = of("Uplink", "eth1");
  await host().stage("ip", { calls: "1400", after: "hold" });
  const creating = nic.create({ nic: "eth1", mtu: 1400 });
  await host().held();
  t.is(await host().cut(), 0);
  host().release();
  const state = await creating;
  t.like(state.original, { mtu: 1500 });
  await nic.delete(state);
  t.is((await host().sh("cat /sys/class/net/eth1/mtu")).trim(), "1500");
});

test.serial("connection cut mid-removal: gone is what was wanted", async (t) => {
  const { ref, remove } = await uplink();
  const made = of("MacvtapEndpoint", "ep");
  const state = await made.create({ uplink: ref, ...endpoint });
  await host().stage("ip", { calls: "link del", after: "hold" });
  const deleting = made.delete(state);
  await host().held();
  t.is(await host().cut(), 0);
  host().release();
  await t.notThrowsAsync(deleting);
  t.is(host().callsOf("ip").length, 1);
  await remove();
});

test.serial(
  "connection cut mid-change again and again: given up in the end, and kept for the next run to look",
  async (t) => {
    const { ref, remove } = await uplink();
    const cutEachTime = `kill -9 $(${sshSessions}); rmdir /run/staged/ip.taken; exit 1`;
    await host().stage("ip", { calls: adding, before: cutEachTime });
    const made = of("MacvtapEndpoint", "ep");
    const error = await t.throwsAsync(made.create({ uplink: ref, ...endpoint }), { instanceOf: PartlyMade });
    t.regex(
      error?.message ?? "",
      /not known whether this was done: MacvtapEndpoint\/ep: .* The next `pulumi up` looks first/,
    );
    await host().restore();
    const state = await made.update(error?.properties ?? {}, { uplink: ref, ...endpoint });
    t.like(state, { device: "ep0", up: true });
    await made.delete(state);
    await remove();
  },
);

test.serial("sshd restarted mid-change: dialled until it is back, and looked at", async (t) => {
  const { ref, remove } = await uplink();
  await host().stage("ip", { calls: adding, after: "hold" });
  const made = of("MacvtapEndpoint", "ep");
  const creating = made.create({ uplink: ref, ...endpoint });
  await host().held();
  const sessions = await host().sessions();
  await host().stopSshd();
  await host().sh(`kill -9 ${sessions.join(" ")}`);
  host().release();
  await host().startSshd();
  const state = await creating;
  t.is(host().callsOf("ip").length, 1);
  t.deepEqual(await made.read(state), state);
  await made.delete(state);
  await remove();
});

test.serial("sshd gone mid-change for good: both are told, and what may be there is kept in the state", async (t) => {
  const { ref, remove } = await uplink();
  await host().stage("ip", { calls: adding, after: "hold" });
  closeHosts();
  const made = new Made({ ...host().connection, dialErrorLimit: 1 }, "MacvtapEndpoint", "ep");
  const creating = made.create({ uplink: ref, ...endpoint });
  await host().held();
  const sessions = await host().sessions();
  await host().stopSshd();
  await host().sh(`kill -9 ${sessions.join(" ")}`);
  const error = await t.throwsAsync(creating, { instanceOf: PartlyMade });
  host().release();
  await host().startSshd();
  t.regex(
    error?.message ?? "",
    /not known whether this was done: MacvtapEndpoint\/ep: .* Nor could that be found out: .*no SSH at .* after 1 attempt/s,
  );
  const state = await made.update(error?.properties ?? {}, { uplink: ref, ...endpoint });
  t.is(host().callsOf("ip").length, 1, "found as it was made");
  await made.delete(state);
  await remove();
});

test.serial("packets dropped mid-change: given up at its deadline, and looked at when they pass again", async (t) => {
  await host().stage("ip", { calls: adding, after: "hold" });
  const at = openHost({ ...host().connection, perDialTimeout: 1 });
  const wanted = {
    name: "ep0",
    lower: "eth1",
    mode: "vepa",
    mac: "02:00:00:00:00:01",
    alias: "a test's",
    up: true,
    allMulticast: true,
  } as const;
  const ensuring = overFaults(at, async () => {
    const { links } = await observe(at);
    if (links.some(({ name }) => name === "ep0")) return "found";
    await at.request({ steps: createMacvtap(wanted), change: "Test/ep: create", deadlineSeconds: 1 });
    return "made";
  });
  await host().held();
  const hook = (of: string) => `chain ${of} { type filter hook ${of} device mgmt priority 0; policy drop; };`;
  await host().sh(`echo 'table netdev drops { ${hook("ingress")} ${hook("egress")} }' | nft -f -`);
  host().release();
  const dialling = ["ss", "-tnH", "state", "syn-sent", "dst", host().connection.host];
  await waitUntil(
    "another attempt to connect",
    30,
    async () => (await attempt(dialling)).stdout.trim() !== "" || undefined,
  );
  await host().sh("nft delete table netdev drops");
  t.is(await ensuring, "found");
  t.is(host().callsOf("ip").length, 1);
  await host().sh("ip link del ep0");
});

test.serial(
  "host rebooted mid-change: another boot id, so nothing of before is waited for, and it is observed again",
  async (t) => {
    const { ref, remove } = await uplink();
    await host().stage("ip", { calls: adding, before: "hold" });
    const made = of("MacvtapEndpoint", "ep");
    const creating = made.create({ uplink: ref, ...endpoint });
    await host().held();
    // A namespace shares the kernel and its boot id: what the script reads of it is laid over.
    await host().sh(`
    echo 00000000-0000-4000-8000-000000000000 >/run/boot-id
    mount -n --bind /run/boot-id /proc/sys/kernel/random/boot_id`);
    await host().cut();
    const state = await creating;
    t.is(host().callsOf("ip").length, 2, "what was under way before the reboot was not done, and nobody waited for it");
    host().release();
    await host().sh("umount -l /proc/sys/kernel/random/boot_id; rm /run/boot-id");
    await made.delete(state);
    await remove();
  },
);
