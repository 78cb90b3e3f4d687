import test from "ava";
import type { Lasting } from "../../provider/persistence/lasting.ts";
import { managerFiles, managerOf } from "../../provider/persistence/manager-files.ts";
import { settledBridge } from "../../provider/schema/linux-bridge-settings.ts";
import { facts, link } from "../planning/facts.ts";

const byDistribution = { link: "/usr/lib/systemd/network/99-default.link" };
const free = link("eth1", { permanentMac: "52:54:00:00:00:01", configuredBy: byDistribution });
const theirs = link("eth2", {
  permanentMac: "52:54:00:00:00:02",
  configuredBy: { network: "/etc/systemd/network/10-eth.network", link: "/etc/systemd/network/10-eth.link" },
});
const host = facts([free, theirs]);

const bridge = (nic: string, vlans = {}): Lasting => ({
  what: "bridge",
  name: "br-lan",
  nic,
  mac: "52:54:00:00:00:01",
  mtu: 1500,
  settings: settledBridge({}),
  port: { hairpin: false, isolated: true },
  ...vlans,
});

const files = (manager: Parameters<typeof managerFiles>[0], ...lasting: Lasting[]) =>
  Object.fromEntries(managerFiles(manager, lasting, host).map(({ path, text }) => [path, text]));

/** The lines that say something. */
const said = (text: string | undefined): string[] => (text ?? "").split("\n").filter((line) => /^[^#]/.test(line));

const networkd = "/etc/systemd/network";

test("networkd makes a bridge, and the NIC its port, whoever's file configured that before", (t) => {
  for (const nic of ["eth1", "eth2"]) {
    const all = files("systemd-networkd", bridge(nic));
    t.deepEqual(said(all[`${networkd}/50-pulumi-kvm-network-br-lan.netdev`]), [
      ...["[NetDev]", "Name=br-lan", "Kind=bridge", "MACAddress=52:54:00:00:00:01", "MTUBytes=1500"],
      ...["[Bridge]", "STP=no", "ForwardDelaySec=0", "HelloTimeSec=2", "MaxAgeSec=20", "AgeingTimeSec=300"],
      ...["Priority=32768", "MulticastSnooping=yes"],
    ]);
    const port = `${networkd}/05-pulumi-kvm-network-${nic}.network`;
    t.deepEqual(said(all[port]).slice(0, 2), ["[Match]", `Name=${nic}`]);
    t.deepEqual(said(all[`${port}.d/30-br-lan.conf`]), [
      ...["[Network]", "Bridge=br-lan", "[Bridge]", "HairPin=no", "Isolated=yes"],
    ]);
    t.is(Object.keys(all).length, 4);
  }
});

test("networkd keeps a bridge's VLANs apart as they are asked for", (t) => {
  const all = files(
    "systemd-networkd",
    bridge("eth1", { vlans: { defaultPvid: 0, pvid: 100, tagged: ["200-210", 300] } }),
  );
  t.deepEqual(said(all[`${networkd}/50-pulumi-kvm-network-br-lan.netdev`]).slice(-2), [
    "VLANFiltering=yes",
    "DefaultPVID=none",
  ]);
  t.deepEqual(said(all[`${networkd}/05-pulumi-kvm-network-eth1.network.d/30-br-lan.conf`]).slice(5), [
    ...["[BridgeVLAN]", "PVID=100", "EgressUntagged=100", "VLAN=100"],
    ...["[BridgeVLAN]", "VLAN=200-210", "[BridgeVLAN]", "VLAN=300"],
  ]);
});

test("a NIC that somebody else's files configure keeps them: the records do what is to be done", (t) => {
  const nic = (name: string): Lasting => ({ what: "nic", nic: name, mtu: 9000, numVfs: 4 });
  const ours = files("systemd-networkd", nic("eth1"));
  t.deepEqual(said(ours[`${networkd}/05-pulumi-kvm-network-eth1.network.d/10-uplink.conf`]), [
    "[Link]",
    "MTUBytes=9000",
  ]);
  t.deepEqual(said(ours[`${networkd}/05-pulumi-kvm-network-eth1.link.d/10-uplink.conf`]), [
    "[Link]",
    "SR-IOVVirtualFunctions=4",
  ]);
  t.deepEqual(said(ours[`${networkd}/05-pulumi-kvm-network-eth1.link`]).slice(0, 2), [
    "[Match]",
    "PermanentMACAddress=52:54:00:00:00:01",
  ]);
  t.deepEqual(files("systemd-networkd", nic("eth2")), {});
  const vf: Lasting = { what: "vf", nic: "eth2", index: 1, mac: "52:54:00:00:00:0a" };
  t.deepEqual(files("systemd-networkd", vf), {});
});

test("udev sets of a VF what is managed, in a section of its own", (t) => {
  const vf: Lasting = {
    what: "vf",
    nic: "eth1",
    index: 3,
    mac: "52:54:00:00:00:0a",
    vlan: 5,
    qos: 3,
    vlanProtocol: "802.1ad",
    spoofCheck: false,
    trust: true,
    linkState: "disable",
  };
  const conf = files("systemd-networkd", vf)[`${networkd}/05-pulumi-kvm-network-eth1.link.d/20-vf3.conf`];
  t.deepEqual(said(conf), [
    ...["[SR-IOV]", "VirtualFunction=3", "MACAddress=52:54:00:00:00:0a", "VLANId=5", "QualityOfService=3"],
    ...["VLANProtocol=802.1ad", "MACSpoofCheck=no", "Trust=yes", "LinkState=no"],
  ]);
});

test("NetworkManager leaves our links alone, the port of a bridge, and VFs that appear; never the NIC of the host's own", (t) => {
  const told = (lasting: Lasting) =>
    Object.entries(files("NetworkManager", lasting)).map(([path, text]) => [path.split("/").at(-1), ...said(text)]);
  const both = (name: string, devices: string) => [
    [
      `50-pulumi-kvm-network-${name}.conf`,
      ...["[keyfile]", `unmanaged-devices+=${devices}`],
      ...[`[device-pulumi-kvm-network-${name}]`, `match-device=${devices}`, "managed=0"],
    ],
  ];
  t.deepEqual(told(bridge("eth1")), both("br-lan", "interface-name:br-lan;interface-name:eth1"));
  t.deepEqual(told({ what: "nic", nic: "eth1", numVfs: 2 }), both("eth1v", "interface-name:eth1v*"));
  t.deepEqual(told({ what: "nic", nic: "eth1", mtu: 9000 }), []);
  t.deepEqual(told({ what: "endpoint", name: "web-1" }), both("web-1", "interface-name:web-1"));
});

test("ifupdown does a NIC's records before it brings it up", (t) => {
  const all = files("ifupdown", { what: "nic", nic: "eth1.5", mtu: 9000 });
  t.deepEqual(said(all["/etc/network/interfaces.d/pulumi-kvm-network-eth1_5"]), [
    "auto eth1.5",
    "iface eth1.5 inet manual",
    "    pre-up /bin/sh /etc/pulumi-kvm-network/replay --replay /sys/class/net/eth1.5",
  ]);
});

test("the manager is the one named, else one that runs", (t) => {
  const running = (...networkManagers: string[]) => ({ ...host, networkManagers });
  t.is(managerOf(running("ifupdown", "systemd-networkd"), undefined), "systemd-networkd");
  t.is(managerOf(running("systemd-networkd", "NetworkManager", "netplan"), undefined), "NetworkManager");
  t.is(managerOf(running("systemd-networkd"), "none"), "none");
  t.is(managerOf(running("ovs"), undefined), "none");
  t.deepEqual(files("none", bridge("eth1")), {});
});
