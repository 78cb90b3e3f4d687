import type { Capability } from "../schema/capability.ts";
import type { RealizationKind } from "../schema/realization.ts";

/**
 * `yes`, `no`, or only under a condition that is data: what must be known, or done, for it to be a yes. `driver`: the NIC and its
 * driver decide, and whoever knows states it on the Uplink (`assume`).
 */
export type Ability = "yes" | "no" | "driver" | { readonly onlyIf: Condition };
export type Condition =
  | "switch-reflects"
  | "isolated-port"
  | "filtering-bridge"
  | "all-multicast"
  | "vlan-link-below"
  | "same-uplink-name"
  | "teaming";

export const conditionText: Record<Condition, string> = {
  "switch-reflects": "the adjacent switch reflects (hairpin, reflective relay)",
  "isolated-port": "its port is isolated (isolated: true), as those of the neighbours that it is kept from",
  "filtering-bridge": "a VLAN is given (vlan), and the bridge filters VLANs",
  "all-multicast": "allMulticast is on",
  "vlan-link-below": "a VLAN is given (vlan): a VLAN link is made below it",
  "same-uplink-name": "the uplink has the same name on both hosts",
  teaming: "the VF is teamed with a virtio NIC that stays, or its VFIO driver can migrate",
};

/** What each need asks for, in words. */
export const needText: Readonly<Record<Capability, string>> = {
  "vm-to-vm": "VMs of one uplink reach each other",
  "host-to-vm": "VM and host reach each other by this uplink",
  "switch-visible": "the adjacent switch sees all of its traffic",
  "host-filtering": "libvirt's nwfilter on the host",
  isolation: "it is kept from its neighbours",
  "live-migration": "the VM moves to another host while it runs",
  "multiple-macs": "a guest with several addresses",
  multicast: "multicast and IPv6 in the guest",
  vlan: "a VLAN of its own",
  mirroring: "its frames copied on the host",
  bandwidth: "limits to its rate",
  "hardware-path": "no software on the data path",
};

export interface Cell {
  readonly ability: Ability;
  /** Where it is shown: a test of ours, or the kernel's or libvirt's word. */
  readonly source: string;
}

const yes = (source: string): Cell => ({ ability: "yes", source });
const no = (source: string): Cell => ({ ability: "no", source });
const driver = (source: string): Cell => ({ ability: "driver", source });
const onlyIf = (condition: Condition, source: string): Cell => ({ ability: { onlyIf: condition }, source });

const matrix = "test/frames/matrix.test.ts";
const pepa = "test/frames/pepa.test.ts";
const macvlan = "kernel drivers/net/macvlan.c";
const bridge = "kernel net/bridge";
const domainXml = "libvirt formatdomain, network interfaces";
const passthrough = "test/frames/passthrough.test.ts";
const sriov = "test/machines/sriov.test.ts";
const hwmode = "kernel include/uapi/linux/if_bridge.h, BRIDGE_MODE_VEB and BRIDGE_MODE_VEPA";
const vfAttributes = "kernel include/uapi/linux/if_link.h, IFLA_VF_*";

/** What is the same for every macvtap. */
const everyMacvtap = {
  "host-filtering": no(`${domainXml}: filterref is refused on type direct`),
  "live-migration": onlyIf("same-uplink-name", domainXml),
  "multiple-macs": no(`${macvlan}: frames are looked up by the one address`),
  multicast: onlyIf("all-multicast", "test/frames/multicast.test.ts"),
  vlan: onlyIf("vlan-link-below", "test/long/vlans.test.ts"),
  mirroring: yes("tc-mirred(8) on the macvtap"),
  bandwidth: yes(`${domainXml}: <bandwidth>`),
  "hardware-path": no(macvlan),
} satisfies Partial<Record<Capability, Cell>>;

/** What is the same for every VF that the guest itself drives. */
const everyHostdev = {
  "host-filtering": no("test/libvirt/libvirt-features.test.ts: filterref is dropped on type hostdev"),
  isolation: no(`${vfAttributes}: none keeps VFs apart`),
  "live-migration": onlyIf("teaming", `${domainXml}: <teaming> since 6.1; VFIO migration since 10.0`),
  "multiple-macs": driver(`${sriov} with igb: no, trusted or not; what a trusted VF may receive is the driver's`),
  multicast: driver(
    `${sriov} with igb: those that the guest joins; a VF asks its PF for groups, which have a limit, or need trust`,
  ),
  vlan: yes(`${domainXml}: <vlan> on type hostdev`),
  bandwidth: no("libvirt virNetDevSupportsBandwidth: not type hostdev, whose <bandwidth> is taken all the same"),
  "hardware-path": yes(`${domainXml}: type hostdev hands the VF to the guest`),
} satisfies Partial<Record<Capability, Cell>>;

type Row = Readonly<Record<Capability, Cell>>;

/** Each realization's capabilities. `macvtap-endpoint` has those of its mode. */
export const capabilityTable: Readonly<Record<Exclude<RealizationKind, "macvtap-endpoint">, Row>> = {
  "linux-bridge": {
    "vm-to-vm": yes(matrix),
    "host-to-vm": yes(bridge),
    "switch-visible": no(matrix),
    "host-filtering": yes(`${domainXml}: filterref`),
    isolation: onlyIf("isolated-port", `${bridge}: isolated ports`),
    "live-migration": yes(domainXml),
    "multiple-macs": yes(bridge),
    multicast: yes(matrix),
    vlan: onlyIf("filtering-bridge", `${domainXml}: <vlan> on bridges since 11.0`),
    mirroring: yes("tc-mirred(8) on the tap"),
    bandwidth: yes(`${domainXml}: <bandwidth>`),
    "hardware-path": no(bridge),
  },
  "macvtap-bridge": {
    "vm-to-vm": yes(matrix),
    "host-to-vm": onlyIf("switch-reflects", macvlan),
    "switch-visible": no(matrix),
    isolation: no(matrix),
    ...everyMacvtap,
  },
  "macvtap-vepa": {
    "vm-to-vm": onlyIf("switch-reflects", matrix),
    "host-to-vm": onlyIf("switch-reflects", macvlan),
    "switch-visible": yes(matrix),
    isolation: no(`${matrix}: a reflecting switch connects them unless it is told not to`),
    ...everyMacvtap,
  },
  // With its filter: private mode alone lets unicast pass under a reflecting switch.
  "macvtap-private": {
    "vm-to-vm": no(pepa),
    "host-to-vm": no(pepa),
    "switch-visible": yes(matrix),
    isolation: yes(pepa),
    ...everyMacvtap,
    "live-migration": no(
      "provider/links/pepa-filter.ts: macvtap and filter are made on the host before the domain starts",
    ),
  },
  "macvtap-passthrough": {
    ...everyMacvtap,
    "vm-to-vm": no(`${passthrough}: there is no other endpoint on its uplink`),
    "host-to-vm": no(`${passthrough}: the VM has the host's address on its uplink`),
    "switch-visible": yes(passthrough),
    isolation: yes(`${passthrough}: there is no other endpoint on its uplink`),
    "multiple-macs": yes(passthrough),
  },
  "vf-veb": {
    "vm-to-vm": yes(sriov),
    "host-to-vm": driver(`${sriov} with igb: yes; whether the PF is a port of the switch is the driver's`),
    "switch-visible": no(sriov),
    mirroring: driver("tc-mirred(8) sees no frame of a VF; some NICs copy one VF's to another"),
    ...everyHostdev,
  },
  "vf-vepa": {
    "vm-to-vm": onlyIf("switch-reflects", hwmode),
    "host-to-vm": onlyIf("switch-reflects", hwmode),
    "switch-visible": yes(hwmode),
    mirroring: no("tc-mirred(8) sees no frame of a VF: the adjacent switch can mirror them"),
    ...everyHostdev,
  },
  "vf-passthrough": {
    ...everyMacvtap,
    "vm-to-vm": yes(sriov),
    "host-to-vm": driver(`${sriov} with igb: yes; whether the PF is a port of the switch is the driver's`),
    "switch-visible": no(sriov),
    isolation: no(`${vfAttributes}: none keeps VFs apart`),
    "multiple-macs": everyHostdev["multiple-macs"],
    multicast: everyHostdev.multicast,
    vlan: yes(`${domainXml}: <vlan> on type direct in passthrough on a VF`),
  },
};
