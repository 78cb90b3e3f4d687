import test from "ava";
import { HostError } from "../../provider/host/host-error.ts";
import { lifecycle } from "../../provider/resources/lifecycle.ts";
import { labTest } from "../lab/lab-test.ts";
import { useCarrier } from "./carrier.ts";

const carrier = useCarrier(test);
test.afterEach.always(async () => await carrier().healed());

/** What nobody but the host's administrator has given `mgmt`, and the host. */
const given = `
  ip rule add pref 100 from 10.0.0.0/8 iif mgmt lookup 77
  ip rule add pref 101 not fwmark 0x1/0xff lookup 77 suppress_prefixlength 0
  ip -6 rule add pref 100 from 2001:db8:9::/48 lookup 77
  ip route add local 203.0.113.5 dev mgmt table 100
  ip route add broadcast 203.0.113.6 dev mgmt table 100
  ip -6 route add local 2001:db8:9::5 dev mgmt table 100
  ip neigh replace 198.19.200.77 lladdr 02:00:00:00:00:77 dev mgmt nud permanent
  ip neigh replace 2001:db8:200::77 lladdr 02:00:00:00:00:77 dev mgmt nud permanent
  ip neigh replace proxy 198.19.200.78 dev mgmt
  echo 2 >/proc/sys/net/ipv4/conf/mgmt/rp_filter`;

const taken = `
  ip rule del pref 100; ip rule del pref 101; ip -6 rule del pref 100
  ip route flush table 100; ip -6 route flush table 100
  ip neigh del 198.19.200.77 dev mgmt; ip neigh del 2001:db8:200::77 dev mgmt; ip neigh del proxy 198.19.200.78 dev mgmt
  echo 0 >/proc/sys/net/ipv4/conf/mgmt/rp_filter`;

const look = `
  ip rule; ip -6 rule; ip route show table 100; ip -6 route show table 100
  ip neigh show nud permanent; ip neigh show proxy
  cat /proc/sys/net/ipv4/conf/mgmt/rp_filter`;

labTest("what is taken back is all there again: rules, neighbours, other routes, settings", async (t) => {
  const on = carrier();
  await on.sh(given);
  const uplink = await on.ensure("Uplink", "mgmt", { nic: "mgmt" });
  const [before, looked] = [await on.picture(), await on.sh(look)];
  // As a network manager does: and one that has lost its address loses the neighbours by itself.
  await on.faultBefore(
    "master br0",
    `PATH=/sbin:/bin; ip rule del pref 100; ip rule del pref 101; ip -6 rule del pref 100
     echo 0 >/proc/sys/net/ipv4/conf/mgmt/rp_filter; ip link add br0 type dummy; kill -9 $PPID`,
  );
  const inputs = { uplink: uplink.ref, name: "br0", moveAddresses: true, rollbackSeconds: 15 };
  const error = await t.throwsAsync(on.ensure("HostBridge", "br", inputs), { instanceOf: HostError });
  t.is(error?.code, "taken-back", error?.message);
  t.is(await on.picture(), before);
  t.is(await on.sh(look), looked);

  // An MTU below IPv6's takes all of IPv6 with it.
  await on.healed();
  await on.faultBefore("mtu 1000", "/sbin/ip link set dev mgmt mtu 1000; kill -9 $PPID");
  const small = await t.throwsAsync(on.ensure("Uplink", "mgmt", { nic: "mgmt", mtu: 1000, rollbackSeconds: 15 }), {
    instanceOf: HostError,
  });
  t.is(small?.code, "taken-back", small?.message);
  t.is(await on.picture(), before);
  t.is(await on.sh(look), looked);
  await lifecycle("Uplink").delete(uplink);
  await on.sh(taken);
});

labTest("what can't be brought back is told", async (t) => {
  const on = carrier();
  await on.sh("ip rule add pref 100 from 10.0.0.0/8 lookup 77");
  const before = await on.picture();
  await on.write(
    "/usr/local/sbin/ip",
    `#!/bin/sh
case "$*" in
  *-batch*) /sbin/ip rule del pref 100; exit 1 ;;
  *'rule add'*) exit 1 ;;
  *) exec /sbin/ip "$@" ;;
esac
`,
  );
  const error = await t.throwsAsync(on.ensure("Uplink", "mgmt", { nic: "mgmt", mtu: 1400, rollbackSeconds: 15 }), {
    instanceOf: HostError,
  });
  t.is(error?.code, "not-taken-back");
  t.regex(error?.message ?? "", /host lacks \/proc\/net -4 rule add pref 100 from 10\.0\.0\.0\/8 lookup 77/);
  await on.healed();
  // Nothing more is begun before somebody has seen to it.
  t.is(await on.sh("cat /run/pulumi-kvm-network/txn/host.rules | grep -c 'pref 100'"), "1\n");
  const next = on.ensure("Uplink", "mgmt", { nic: "mgmt", mtu: 1400, rollbackSeconds: 15 });
  t.regex((await t.throwsAsync(next))?.message ?? "", /could not be taken back.*see to the host's network/s);
  await on.sh("rm -r /run/pulumi-kvm-network/txn; ip rule add pref 100 from 10.0.0.0/8 lookup 77");
  t.is(await on.picture(), before);
  await on.sh("ip rule del pref 100");
});
