import test from "ava";
import { waitUntil } from "../../lab/wait-until.ts";
import { lifecycle } from "../../provider/resources/lifecycle.ts";
import { labTest } from "../lab/lab-test.ts";
import { only } from "./bad-input/given.ts";
import { changesBetween, snapshotOf } from "./host-snapshot.ts";
import { both, checked, create, factsNow, given, kind, lab, refOf, relayOf, sh, useRelayLab } from "./relay-lab.ts";

useRelayLab(test);

labTest("what LLDP advertises is neither yes nor no, and the probe tells it from what the switch does", async (t) => {
  await waitUntil("the switch's EVB TLV", 40, async () => {
    const { stdout } = await lab().exec("hv1", ["lldptool", "-t", "-n", "-i", "eth3", "-g", "ncb"]);
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
  await lab().hairpin("hv1", "eth3", true);
  const reflecting = await create(t, { nic: "eth3", reflectiveRelay: "probe" });
  t.like(reflecting.relay, { state: "active", evidence: "probe" });
  t.is(relayOf(reflecting).contradiction, undefined);
  await lab().hairpin("hv1", "eth3", false);
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
  await lab().hairpin("hv1", "eth2", true);
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
  await lab().hairpin("hv1", "eth2", false);
});

labTest("a request is refused on a port of a bridge and without lldpad, before anything is touched", async (t) => {
  const refused = async (property: string, says: RegExp) => {
    const hostFacts = await factsNow();
    const inputs = { nic: "eth2", reflectiveRelay: "request", mtu: 1400 };
    only(t, kind.check({}, given("Uplink", { ...inputs, hostFacts })).failures, property, says);
    const before = await snapshotOf(lab(), "hv1");
    await t.throwsAsync(create(t, inputs), { message: says });
    t.deepEqual(changesBetween(before, await snapshotOf(lab(), "hv1")), []);
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
