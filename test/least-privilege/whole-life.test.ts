import test from "ava";
import { defineGuest, startGuest } from "../../lab/guest.ts";
import { installedHelper } from "../../provider/host/script/installed-helper.ts";
import { useEngineLab } from "../engine/engine-lab.ts";
import { changesBetween, snapshotOf } from "../resources/host-snapshot.ts";

const lab = useEngineLab(
  test,
  "least-privilege",
  2,
  async (on) => {
    // What is kept is kept for systemd. The others are libvirt's with its first network, and the lock of who does the records.
    await on.sh("mkdir -p /run/systemd/system /etc/libvirt/qemu/networks/autostart; : >/run/pulumi-kvm-network.lock");
    await Promise.all([startGuest(on.lab, "hv1", "web-1"), defineGuest(on.lab, "hv1", "db-1")]);
  },
  { ordinaryUser: true },
);

const program = (webMode = "vepa"): string => `
const hv1 = await getHost(connection);
const eth1 = new Uplink("eth1", { host: hv1, nic: "eth1", mtu: 1450, networkManager: "systemd-networkd", assume: { reflectiveRelay: "unknown" } });
const eth2 = new Uplink("eth2", { host: hv1, nic: "eth2", networkManager: "systemd-networkd" });
const fabric = new HostBridge("fabric", { uplink: eth1, type: "ethernet" });
const lan = new HostBridge("lan", { uplink: eth2, name: "br-lan", network: "lan", stp: true });
new MacvtapEndpoint("endpoint", { uplink: eth1, mode: "private", name: "ep0" });
new VmInterface("web", { bridge: fabric, domain: "web-1", mode: "${webMode}" });
new VmInterface("ci", { bridge: fabric, domain: "web-1", mode: "pepa" });
new VmInterface("db", { bridge: lan, domain: "db-1", isolated: true });
`;

const keptFiles =
  "find /etc/pulumi-kvm-network /etc/systemd /etc/udev -name '*pulumi-kvm-network*' -o -path '*/links/*' | sort";

test.serial("an account with the installed script alone makes, keeps, mends, changes and removes it all", async (t) => {
  const on = lab();
  t.is(on.connection.user, "operator");
  const before = await snapshotOf(on.lab, "hv1");
  const nothingKept = await on.sh(`${keptFiles} 2>/dev/null || :`);
  const stack = await on.stack("least-privilege", program());
  await stack.up();
  await stack.mustBeUnchanged();
  t.regex(await on.sh("virsh domiflist web-1"), /direct +eth1[\s\S]*ethernet/);
  t.regex(await on.sh("nft list ruleset"), /chain from-ci-/);
  t.regex(await on.sh("bridge link show"), /eth2.* master br-lan/);
  t.regex(await on.sh("virsh net-dumpxml lan"), /<bridge name='br-lan'/);

  // The host keeps the installed script for its boots, and does by it what was kept.
  t.is(await on.sh("cat /etc/pulumi-kvm-network/replay"), installedHelper);
  t.regex(await on.sh(keptFiles), /links\/eth1\/[\s\S]*50-pulumi-kvm-network-br-lan\.netdev/);
  await on.sh("ip link del ep0");
  await on.sh("sh /etc/pulumi-kvm-network/replay --replay");
  t.regex(await on.sh("ip -d link show ep0"), /mode private/);
  await stack.mustBeUnchanged();

  await on.sh("nft flush ruleset; ip link set eth1 mtu 1460; ip link set br-lan type bridge stp_state 0");
  const drifted = await stack.refresh();
  for (const says of [/"filtered" => "missing"/, /~ mtu *: 1450 => 1460/, /~ stp *: true => false/])
    t.regex(drifted, says);
  await stack.up();
  await stack.mustBeUnchanged();

  await stack.edit(program("veb"));
  await stack.up();
  t.regex(await on.sh("virsh dumpxml web-1"), /<source dev='eth1' mode='bridge'\/>/);
  await stack.destroy();
  t.deepEqual(changesBetween(before, await snapshotOf(on.lab, "hv1")), []);
  t.is(await on.sh(`${keptFiles} 2>/dev/null || :`), nothingKept);
});

test.serial("and it had no more than that", async (t) => {
  const log = await lab().sh("cat /run/sshd.log");
  t.regex(log, /Accepted publickey for operator/);
  t.notRegex(log, /Accepted publickey for root/);
  await t.throwsAsync(lab().sh("su operator -c 'sudo -n /bin/sh -c id'"));
});
