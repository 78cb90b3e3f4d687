import test from "ava";
import { lifecycle } from "../../../provider/resources/lifecycle.ts";
import { ethernet, hypervisor, news, only, type Row, refOf, uplink, vf } from "./given.ts";

/** Wrong whatever the host is: refused by check, without facts. */
const wrongAnywhere = (title: string, { kind, inputs, property, says }: Row): void => {
  test(title, (t) => {
    only(t, lifecycle(kind).check({}, news(title, inputs())).failures, property, says);
  });
};

for (const [name, nic] of [
  ["shell metacharacters", "eth1;reboot"],
  ["XML metacharacters", "eth<1>&'\""],
  ["an option of ip's", "-batch"],
  ["a path", "../eth1"],
  ["more than 15 characters", "a-very-long-name"],
  ["nothing", ""],
] as const) {
  wrongAnywhere(`a NIC's name that is ${name}`, {
    kind: "Uplink",
    inputs: () => ({ nic }),
    property: "nic",
    says: /an interface name has 1 to 15 of A-Z a-z 0-9 _ \. -/,
  });
  wrongAnywhere(`an existing bridge's name that is ${name}`, {
    kind: "HostBridge",
    inputs: () => ({ type: "existing", bridge: nic }),
    property: "bridge",
    says: /an interface name has 1 to 15 of/,
  });
}
for (const [title, inputs, property, says] of [
  [
    "a spanning tree on the bridge that the host is reached by",
    { moveAddresses: true, stp: true },
    "stp",
    /BPDU guard.*acknowledge: \["stp"\]/,
  ],
  [
    "a move of the host's addresses that is to be done at boot",
    { moveAddresses: true, persist: true },
    "persist",
    /leave persist out/,
  ],
  [
    "a gateway of the host's whose addresses do not move",
    { gateway: "198.18.0.1" },
    "gateway",
    /give moveAddresses: true as well/,
  ],
  [
    "a gateway that is no address",
    { moveAddresses: true, gateway: "gw.example.net" },
    "gateway",
    /an IPv4 or IPv6 address/,
  ],
] as const) {
  wrongAnywhere(title, { kind: "HostBridge", inputs: () => ({ uplink: uplink("mgmt"), ...inputs }), property, says });
}
wrongAnywhere("a NIC chosen by something that it can't be chosen by", {
  kind: "Uplink",
  inputs: () => ({ nic: { serial: "1" } }),
  property: "nic",
  says: /choose the NIC by its name, or by one of \{ mac \}, \{ pci \}, \{ driver \}/,
});
wrongAnywhere("an endpoint's name that libvirt would silently replace", {
  kind: "MacvtapEndpoint",
  inputs: () => ({ uplink: uplink("eth1"), mode: "vepa", name: "macvtap7" }),
  property: "name",
  says: /libvirt's own: choose another/,
});
for (const [name, mac, says] of [
  ["a multicast address", "01:00:5e:00:00:01", /is a multicast address .* a station needs a unicast one/],
  ["zero", "00:00:00:00:00:00", /is zero: no station has this address/],
  ["no address", "52:54:00:$(id)", /six octets in hexadecimal: 52:54:00:12:34:56/],
] as const) {
  wrongAnywhere(`a VM's MAC that is ${name}`, {
    kind: "VmInterface",
    inputs: () => ({ bridge: ethernet("eth1"), domain: "web-1", mac }),
    property: "mac",
    says,
  });
  wrongAnywhere(`an endpoint's MAC that is ${name}`, {
    kind: "MacvtapEndpoint",
    inputs: () => ({ uplink: uplink("eth1"), mode: "vepa", mac }),
    property: "mac",
    says,
  });
  wrongAnywhere(`a bridge's MAC that is ${name}`, {
    kind: "HostBridge",
    inputs: () => ({ uplink: uplink("eth1"), mac }),
    property: "mac",
    says,
  });
}
for (const reflectiveRelay of ["please", ["probe", "please"], true]) {
  wrongAnywhere(`reflectiveRelay ${JSON.stringify(reflectiveRelay)}`, {
    kind: "Uplink",
    inputs: () => ({ nic: "eth1", reflectiveRelay }),
    property: "reflectiveRelay",
    says: /unknown .*: "probe", "request", or a list of both/,
  });
}
wrongAnywhere("an MTU that no link has", {
  kind: "Uplink",
  inputs: () => ({ nic: "eth1", mtu: 70_000 }),
  property: "mtu",
  says: /at most 65535 bytes/,
});
wrongAnywhere("a bridge's MTU above the Uplink's", {
  kind: "HostBridge",
  inputs: () => ({ uplink: uplink("eth1", { mtu: 1500 }), mtu: 9000 }),
  property: "mtu",
  says: /9000 is above the uplink's MTU of 1500/,
});
wrongAnywhere("an endpoint's MTU above the Uplink's", {
  kind: "MacvtapEndpoint",
  inputs: () => ({ uplink: uplink("eth1", { mtu: 1500 }), mode: "bridge", mtu: 9000 }),
  property: "mtu",
  says: /9000 is above the uplink's MTU of 1500/,
});
wrongAnywhere("a VM's MTU above the Uplink's", {
  kind: "VmInterface",
  inputs: () => ({ bridge: hypervisor("eth1", { uplink: uplink("eth1", { mtu: 1500 }) }), mtu: 9000 }),
  property: "mtu",
  says: /its MTU of 9000 is above the 1500 of what it sits on .*; raise the uplink's mtu to 9000 or lower this one/,
});
wrongAnywhere("a mode that there is not", {
  kind: "VmInterface",
  inputs: () => ({ bridge: ethernet("eth1"), mode: "vepa'/><x" }),
  property: "mode",
  says: /unknown mode "vepa'\/><x": one of veb, vepa, pepa/,
});
wrongAnywhere("a bridge's mode that there is not", {
  kind: "HostBridge",
  inputs: () => ({ uplink: uplink("eth1"), mode: "vepa" }),
  property: "mode",
  says: /unknown mode "vepa": "all", or a list of "veb", "vepa", "pepa"/,
});
wrongAnywhere("an endpoint's mode that is a word of intent", {
  kind: "MacvtapEndpoint",
  inputs: () => ({ uplink: uplink("eth1"), mode: "veb" }),
  property: "mode",
  says: /unknown mode "veb": one of bridge, vepa, private \(.*the macvtap's word is bridge\)/,
});
wrongAnywhere("a type of bridge that there is not", {
  kind: "HostBridge",
  inputs: () => ({ uplink: uplink("eth1"), type: "macvlan" }),
  property: "type",
  says: /unknown type "macvlan": one of hypervisor, ethernet, embedded, existing/,
});
wrongAnywhere("pepa in the list of a NIC's own switch", {
  kind: "HostBridge",
  inputs: () => ({ uplink: uplink("eth1"), type: "embedded", mode: ["veb", "pepa"] }),
  property: "mode",
  says: /a NIC's own switch connects its VFs\. Use type ethernet for pepa/,
});
wrongAnywhere("a Linux bridge's option on a NIC's own switch", {
  kind: "HostBridge",
  inputs: () => ({ uplink: uplink("eth1"), type: "embedded", stp: true }),
  property: "stp",
  says: /an option of a Linux bridge .*: a bridge of type embedded has no device/,
});
wrongAnywhere("a libvirt network of a NIC's own switch", {
  kind: "HostBridge",
  inputs: () => ({ uplink: uplink("eth1"), type: "embedded", network: "vfs" }),
  property: "network",
  says: /this version defines no libvirt network of VFs/,
});
wrongAnywhere("a trunk of VLANs on a VF", {
  kind: "VmInterface",
  inputs: () => {
    const bridge = refOf("HostBridge", { uplink: uplink("eth1"), type: "embedded" });
    return { bridge, mode: "veb", vlan: { tagged: [7, 8] } };
  },
  property: "vlan",
  says: /a VF is in one VLAN: libvirt refuses a trunk there \[vf-vlan\]/,
});
wrongAnywhere("a VF and a bridge at once", {
  kind: "VmInterface",
  inputs: () => ({ bridge: ethernet("eth1"), vf: vf("eth1", 0) }),
  property: "vf",
  says: /a VF is a port of the NIC's own switch: leave bridge out/,
});
wrongAnywhere("another MAC than the VF's own", {
  kind: "VmInterface",
  inputs: () => ({ vf: vf("eth1", 1, { mac: "52:54:00:00:00:01" }), mac: "52:54:00:00:00:02" }),
  property: "mac",
  says: /the SriovVirtualFunction has the address 52:54:00:00:00:01: leave mac out/,
});
wrongAnywhere("another VLAN than the VF's own", {
  kind: "VmInterface",
  inputs: () => ({ vf: vf("eth1", 2, { vlan: 7 }), vlan: 8 }),
  property: "vlan",
  says: /the SriovVirtualFunction is in VLAN 7: leave vlan out/,
});
wrongAnywhere("a VF whose VLAN has a priority", {
  kind: "VmInterface",
  inputs: () => ({ vf: vf("eth1", 3, { vlan: 7, qos: 3 }) }),
  property: "vf",
  says: /the priority 3, and libvirt sets the VLAN anew .* leave qos and vlanProtocol out there/,
});
wrongAnywhere("a VF of another host", {
  kind: "VmInterface",
  inputs: () => ({ vf: vf("eth1", 4, { host: "hv9" }) }),
  property: "vf",
  says: /it is on the host hv9, and this interface on hv1/,
});
wrongAnywhere("a limit of libvirt's on a VF in the guest", {
  kind: "VmInterface",
  inputs: () => ({ vf: vf("eth1", 5), needs: ["hardware-path"], bandwidth: { outbound: { averageMbps: 10 } } }),
  property: "bandwidth",
  says: /limit what the VF sends by maxTxRateMbps of its SriovVirtualFunction/,
});
wrongAnywhere("a VM on a NIC's own switch that is stated to be in another mode", {
  kind: "VmInterface",
  inputs: () => {
    const stated = uplink("eth1", { assume: { embeddedSwitch: "veb" } });
    return { bridge: refOf("HostBridge", { uplink: stated, type: "embedded" }), mode: "vepa" };
  },
  property: "bridge",
  says: /the switch in eth1 is stated to be in veb mode \[vf-embedded-mode\]; bridge link set dev eth1 hwmode vepa/,
});
wrongAnywhere("what does not depend on the NIC, stated of its VFs", {
  kind: "Uplink",
  inputs: () => ({ nic: "eth1", assume: { vfCapabilities: ["host-filtering"] } }),
  property: "assume.vfCapabilities.0",
  says: /"host-filtering" does not depend on the NIC: those that do are host-to-vm, multiple-macs/,
});
wrongAnywhere("a mode that a NIC's own switch has not", {
  kind: "Uplink",
  inputs: () => ({ nic: "eth1", assume: { embeddedSwitch: "pepa" } }),
  property: "assume.embeddedSwitch",
  says: /expected one of "veb"\|"vepa"/,
});
wrongAnywhere("vepa on a Linux bridge", {
  kind: "VmInterface",
  inputs: () => ({ bridge: hypervisor("eth1"), mode: "vepa" }),
  property: "mode",
  says: /vepa by a macvtap in vepa mode: the bridge is of type hypervisor .*; a bridge of type ethernet would give it/,
});
wrongAnywhere("vepa in the list of a Linux bridge", {
  kind: "HostBridge",
  inputs: () => ({ uplink: uplink("eth1"), mode: ["veb", "vepa"] }),
  property: "mode",
  says: /a Linux bridge switches on the host: it gives veb only/,
});
wrongAnywhere("a mode that is not in the bridge's list", {
  kind: "VmInterface",
  inputs: () => ({ bridge: ethernet("eth1", { mode: ["vepa"] }), mode: "veb" }),
  property: "mode",
  says: /the bridge allows vepa only .*; add veb to the bridge's mode/,
});
wrongAnywhere("pepa on a Linux bridge", {
  kind: "VmInterface",
  inputs: () => ({ bridge: hypervisor("eth1"), mode: "pepa" }),
  property: "mode",
  says: /pepa by a macvtap in private mode behind a filter: the bridge is of type hypervisor .*; a bridge of type ethernet would/,
});
wrongAnywhere("pepa for a guest that may change its address", {
  kind: "VmInterface",
  inputs: () => ({ bridge: ethernet("eth1"), mode: "pepa", trustGuestRxFilters: true }),
  property: "trustGuestRxFilters",
  says: /pepa holds a guest to its one address.*leave trustGuestRxFilters out, or ask for veb or vepa/,
});
wrongAnywhere("a libvirt network of a bridge that gives pepa alone", {
  kind: "HostBridge",
  inputs: () => ({ uplink: uplink("eth1"), type: "ethernet", mode: ["pepa"], network: "isolated" }),
  property: "network",
  says: /a libvirt network can't isolate.*Attach with VmInterface, or add another mode/,
});
for (const [property, value, says] of [
  ["domain", "../etc/passwd", /a domain's name has no slash and no control characters/],
  ["domain", "web\n1", /no control characters/],
  ["filter", "clean'/><x", /the name of an nwfilter/],
  ["model", "virtio'/><x y='", /expected one of "virtio"\|"e1000"/],
  ["driver", "vhost;reboot", /expected one of "vhost"\|"qemu"/],
] as const) {
  wrongAnywhere(`${property} ${JSON.stringify(value)}`, {
    kind: "VmInterface",
    inputs: () => ({ bridge: hypervisor("eth1"), [property]: value }),
    property,
    says,
  });
}
test("two VMs of a program with one MAC on an uplink", (t) => {
  const mac = "52:54:00:00:00:77";
  const vm = (name: string, nic: string) =>
    lifecycle("VmInterface").check({}, news(name, { bridge: ethernet(nic), domain: name, mac })).failures;
  t.deepEqual(vm("twin-a", "eth1"), []);
  only(
    t,
    vm("twin-b", "eth1"),
    "mac",
    /52:54:00:00:00:77 is the address of .*dev:twin-a.* on eth1 of .* already: give /,
  );
  t.deepEqual(vm("elsewhere", "eth2"), [], "on another uplink they do not meet");
  t.deepEqual(vm("twin-a", "eth1"), [], "the first is asked again");
});
