import test from "ava";
import { HostError } from "../../provider/host/host-error.ts";
import { lifecycle } from "../../provider/resources/lifecycle.ts";
import { labTest } from "../lab/lab-test.ts";
import { useCarrier } from "./carrier.ts";

const carrier = useCarrier(test);

const bridgeOf = (ref: unknown) => ({ uplink: ref, name: "br0", moveAddresses: true, rollbackSeconds: 20 });

labTest(
  "the NIC that carries the SSH session moves under a bridge, with the host's addresses and routes, and back",
  async (t) => {
    const on = carrier();
    const uplink = await on.ensure("Uplink", "mgmt", { nic: "mgmt" });
    const before = await on.picture();
    const bridge = await on.ensure("HostBridge", "br", bridgeOf(uplink.ref));
    t.regex(
      String(bridge.transaction),
      /br0 over mgmt, the host's addresses move to br0; taken back by the host after 20 s/,
    );
    t.is((await on.sh("ip -o addr show dev mgmt")).trim(), "");
    t.is(await on.sh("cat /sys/class/net/br0/address"), await on.sh("cat /sys/class/net/mgmt/address"));
    const addresses = await on.sh("ip -o addr show dev br0");
    for (const each of [`${on.address}/30`, "198.19.200.2/24", "2001:db8:200::2/64"])
      t.true(addresses.includes(each), each);
    t.regex(await on.sh("ip route show"), new RegExp(`default via ${on.gateway} dev br0 metric 50`));
    t.regex(await on.sh("ip route show table 77"), /198.51.100.0\/24 via 198.19.200.9 dev br0 mtu 1400/);
    t.regex(await on.sh("ip -6 route show"), /2001:db8:201::\/48 via 2001:db8:200::9 dev br0/);
    t.is(await on.sh("ls -d /run/pulumi-kvm-network/txn 2>/dev/null || :"), "", "the transaction is over");
    const read = await lifecycle("HostBridge").read(bridge);
    t.deepEqual(lifecycle("HostBridge").diff(bridge, read?.inputs ?? {}), { changes: false, replaces: [] });

    await lifecycle("HostBridge").delete(bridge);
    await lifecycle("Uplink").delete(uplink);
    t.is(await on.picture(), before);
  },
);

labTest("an MTU that was changed under the bridge is the Uplink's to restore", async (t) => {
  const on = carrier();
  const before = await on.picture();
  const mtu = async () => Number(await on.sh("cat /sys/class/net/mgmt/mtu"));
  const uplink = await on.ensure("Uplink", "mgmt", { nic: "mgmt", mtu: 1450, rollbackSeconds: 20 });
  const bridge = await on.ensure("HostBridge", "br", bridgeOf(uplink.ref));
  const lowered = await on.ensure("Uplink", "mgmt", { nic: "mgmt", mtu: 1400, rollbackSeconds: 20 }, uplink);
  await lifecycle("HostBridge").delete(bridge);
  t.is(await mtu(), 1400);
  await lifecycle("Uplink").delete(lowered);
  t.is(await on.picture(), before);
});

labTest("with a wrong gateway the host takes it back, and says so", async (t) => {
  const on = carrier();
  const uplink = await on.ensure("Uplink", "mgmt", { nic: "mgmt" });
  const before = await on.picture();
  const wrong = { ...bridgeOf(uplink.ref), gateway: "198.19.200.77" };
  const error = await t.throwsAsync(on.ensure("HostBridge", "br", wrong), { instanceOf: HostError });
  t.is(error?.code, "taken-back");
  t.regex(
    error?.message ?? "",
    /HostBridge\/br: create the bridge br0 on mgmt, with the host's addresses: the gateway 198\.19\.200\.77 does not answer on br0\. The host has taken it back: its network is as before/,
  );
  t.is(await on.picture(), before);
  await lifecycle("Uplink").delete(uplink);
});

labTest("a route with several next hops is not lost: the move is refused, and nothing is done", async (t) => {
  const on = carrier();
  await on.sh(`ip route add 203.0.113.0/24 nexthop via ${on.gateway} dev mgmt nexthop via 198.19.200.9 dev mgmt`);
  const uplink = await on.ensure("Uplink", "mgmt", { nic: "mgmt" });
  const before = await on.picture();
  const error = await t.throwsAsync(on.ensure("HostBridge", "br", bridgeOf(uplink.ref)), {
    code: "addresses-not-moved",
  });
  t.regex(error?.message ?? "", /of mgmt, the route to 203\.0\.113\.0\/24 has several next hops/);
  t.is(await on.picture(), before);
  await lifecycle("Uplink").delete(uplink);
  await on.sh("ip route del 203.0.113.0/24");
});
