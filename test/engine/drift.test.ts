import test from "ava";
import { waitUntil } from "../../lab/wait-until.ts";
import { type EngineStack, useEngineLab } from "./engine-lab.ts";
import { everything, prepareForEverything } from "./everything.ts";

let stack: EngineStack;
const lab = useEngineLab(test, "drift", 3, async (on) => {
  await prepareForEverything(on);
  stack = await on.stack("drift", everything());
  await stack.up();
});

/** Changes made behind the program's back, with what a refresh says of each. */
const drifts: readonly (readonly [string, RegExp])[] = [
  ["ip link set eth1 mtu 1460", /~ mtu *: 1450 => 1460/],
  ["ip link set eth2 down", /~ up *: true => false/],
  ["ip link set br-lan type bridge stp_state 0", /~ stp *: true => false/],
  ["ip link set br-lan type bridge forward_delay 300", /~ forwardDelaySeconds *: 2 => 3/],
  ["ip link set br-lan type bridge hello_time 200", /~ helloTimeSeconds *: 1 => 2/],
  ["ip link set br-lan type bridge max_age 700", /~ maxAgeSeconds *: 6 => 7/],
  ["ip link set br-lan type bridge priority 8192", /~ priority *: 4096 => 8192/],
  ["ip link set br-lan type bridge ageing_time 5000", /~ ageingSeconds *: 600 => 50/],
  ["ip link set br-lan type bridge mcast_snooping 1", /~ multicastSnooping *: false => true/],
  ["ip link set br-lan mtu 1390", /~ mtu *: 1400 => 1390/],
  ["ip link set br-lan address 02:00:00:00:00:aa", /~ mac *: "02:00:00:00:00:01" => "02:00:00:00:00:aa"/],
  ["ip link set eth2 type bridge_slave hairpin on", /~ hairpin *: false => true/],
  ["ip link set eth2 type bridge_slave isolated off", /~ isolated *: true => false/],
  ["ip link set ep0 type macvtap mode vepa", /~ mode *: "private" => "vepa"/],
  ["ip link set ep0 address 02:00:00:00:00:bb", /~ mac *: "02:00:00:00:00:02" => "02:00:00:00:00:bb"/],
  ["ip link set ep0 mtu 1290", /~ mtu *: 1300 => 1290/],
  ["ip link set ep0 allmulticast on", /~ allMulticast *: false => true/],
  ["ip link set ep0 down", /~ up *: true => false/],
];

test.serial(
  "drift by hand: every property of links is shown by refresh, one by one, and mended by up; others' links are untouched",
  async (t) => {
    await lab().sh(`
      ip link add others0 mtu 1400 type veth peer name others1
      ip link set others0 master br-lan up
      ip link add link eth1 name others2 type macvtap mode bridge`);
    const others = () => lab().sh("for link in others0 others1 others2; do ip -o link show $link; done");
    const untouched = await others();
    // The states are last: what is down shows no timers of a running tree.
    await lab().sh(drifts.map(([command]) => command).join("\n"));
    const shown = await stack.refresh();
    for (const [command, says] of drifts) t.regex(shown, says, command);
    await stack.up();
    await stack.mustBeUnchanged();
    t.is(await others(), untouched);
    await lab().sh("ip link del others0; ip link del others2");
  },
);

test.serial("drift by hand of interfaces, in a running domain and in definitions, is shown and mended", async (t) => {
  const { mac, device } = await stack.state("db");
  const off = await stack.state("off");
  await lab().sh(`
    virsh domif-setlink web-1 ${mac} up
    ip link set ${(await stack.state("web")).device} allmulticast on
    bridge link set dev ${device} isolated off
    virsh dumpxml --inactive off-1 | sed "/${off.mac}/,/<.interface>/s/<mtu size='1200'.>/<mtu size='1100'\\/>/" |
      sed "/${off.mac}/,/<.interface>/s/<model type='virtio'.>/<model type='e1000'\\/>/" >/run/off.xml
    virsh define /run/off.xml; rm /run/off.xml`);
  const shown = await stack.refresh();
  t.regex(shown, /~ isolated *: true => false/);
  t.regex(shown, /~ linkState *: "down" => "up"/);
  t.regex(shown, /~ allMulticast *: false => true/);
  t.regex(shown, /~ mtu *: 1200 => 1100/);
  t.regex(shown, /~ model *: "virtio" => "e1000"/);
  await stack.up();
  await stack.mustBeUnchanged();
});

test.serial("an interface detached by hand, live, in the definition, or both, comes back", async (t) => {
  const { mac } = await stack.state("db");
  for (const [scope, says] of [
    ["--live", /~ attachment *: "complete" => "persistent-only"/],
    ["--config", /~ attachment *: "complete" => "live-only"/],
    ["--live --config", /VmInterface: \(delete\)[\s\S]*::db\]/],
  ] as const) {
    await lab().sh(`virsh detach-interface web-1 bridge --mac ${mac} ${scope}`);
    await waitUntil("the guest to let go", 20, async () =>
      scope === "--config" || !(await lab().sh("virsh domiflist web-1")).includes(String(mac)) ? true : undefined,
    );
    t.regex(await stack.refresh(), says, scope);
    await stack.up();
    t.regex(
      await lab().sh("virsh domiflist web-1; virsh domiflist --inactive web-1"),
      new RegExp(`${mac}[\\s\\S]*${mac}`),
      scope,
    );
  }
  await stack.mustBeUnchanged();
});

test.serial("a running guest's macvtap that was changed or deleted by hand is as asked again", async (t) => {
  const { device } = await stack.state("web");
  await lab().sh(`ip link set ${device} type macvtap mode bridge`);
  t.regex(await stack.refresh(), /~ kind *: "macvtap-vepa" => "macvtap-bridge"/);
  await stack.up();
  t.regex(await lab().sh(`ip -d link show ${device}`), /mode vepa/);
  await lab().sh(`ip link del ${device}`);
  t.regex(await stack.refresh(), /~ attachment *: "complete" => "persistent-only"/);
  await stack.up();
  t.regex(await lab().sh(`ip -d link show ${device}`), /mode vepa/);
  await stack.mustBeUnchanged();
});

test.serial("a bridge, its port and a macvtap taken away by hand come back", async (t) => {
  await lab().sh("ip link set eth2 nomaster; ip link del ep0");
  const shown = await stack.refresh();
  t.regex(shown, /~ members[\s\S]*- \[0\]: "eth2"/);
  t.regex(shown, /MacvtapEndpoint: \(delete\)/);
  await stack.up();
  t.regex(await lab().sh("ip link show eth2"), /master br-lan/);

  // Whoever takes the bridge away gives the NIC its IPv6 back: nothing else on the host knows that it had it.
  await lab().sh("ip link del br-lan; echo 0 >/proc/sys/net/ipv6/conf/eth2/disable_ipv6");
  const gone = await stack.refresh();
  t.regex(gone, /HostBridge: \(delete\)[\s\S]*::lan\]/);
  t.regex(gone, /~ source *: "br-lan" => "none"/, "the guest's tap has no bridge");
  await stack.up();
  t.regex(await lab().sh("bridge link show"), /eth2.* master br-lan/);
  await stack.mustBeUnchanged();
  const { device } = await stack.state("db");
  t.regex(await lab().sh(`ip link show ${device}`), /master br-lan/, "the guest's tap is in the new bridge");
});

test.serial("libvirtd down for longer than is waited for: an error of refresh, and nothing is forgotten", async (t) => {
  const { length } = await stack.stack.resources();
  await lab().sh("kill -STOP $(cat /run/libvirtd.pid)");
  try {
    const { status, stdout, stderr } = await stack.stack.pulumi(["refresh", "--yes", "--skip-preview"]);
    t.not(status, 0);
    t.regex(stdout + stderr, /libvirt on hv1 does not answer/);
    t.notRegex(stdout + stderr, /^ +at /m, "no stack trace");
  } finally {
    await lab().sh("kill -CONT $(cat /run/libvirtd.pid)");
  }
  t.is((await stack.stack.resources()).length, length);
  await stack.mustBeUnchanged();
});
