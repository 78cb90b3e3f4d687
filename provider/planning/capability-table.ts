import type { Capability } from "../schema/capability.ts";
import type { RealizationKind } from "../schema/realization.ts";

/** `yes`, `no`, or only under a condition that is data: what must be known, or done, for it to be a yes. */
export type Ability = "yes" | "no" | { readonly onlyIf: Condition };
export type Condition =
  | "switch-reflects"
  | "filtering-bridge"
  | "all-multicast"
  | "vlan-link-below"
  | "same-uplink-name";

export const conditionText: Record<Condition, string> = {
  "switch-reflects": "the adjacent switch reflects (hairpin, reflective relay)",
  "filtering-bridge": "the bridge filters VLANs",
  "all-multicast": "allMulticast is on",
  "vlan-link-below": "the uplink is a VLAN link",
  "same-uplink-name": "the uplink has the same name on both hosts",
};

export interface Cell {
  readonly ability: Ability;
  /** Where it is shown: a test of ours, or the kernel's or libvirt's word. */
  readonly source: string;
}

const yes = (source: string): Cell => ({ ability: "yes", source });
const no = (source: string): Cell => ({ ability: "no", source });
const onlyIf = (condition: Condition, source: string): Cell => ({ ability: { onlyIf: condition }, source });

const matrix = "test/frames/matrix.test.ts";
const pepa = "test/frames/pepa.test.ts";
const macvlan = "kernel drivers/net/macvlan.c";
const bridge = "kernel net/bridge";
const domainXml = "libvirt formatdomain, network interfaces";

/** What is the same for every macvtap. */
const everyMacvtap = {
  "host-filtering": no(`${domainXml}: filterref is refused on type direct`),
  "live-migration": onlyIf("same-uplink-name", domainXml),
  "multiple-macs": no(`${macvlan}: frames are looked up by the one address`),
  multicast: onlyIf("all-multicast", "test/frames/multicast.test.ts"),
  vlan: onlyIf("vlan-link-below", `${domainXml}: <vlan> on type direct only in passthrough on a VF`),
  mirroring: yes("tc-mirred(8) on the macvtap"),
  bandwidth: yes(`${domainXml}: <bandwidth>`),
  "hardware-path": no(macvlan),
} satisfies Partial<Record<Capability, Cell>>;

type Row = Readonly<Record<Capability, Cell>>;

/** Each realization's capabilities. `macvtap-endpoint` has those of its mode. */
export const capabilityTable: Readonly<Record<Exclude<RealizationKind, "macvtap-endpoint">, Row>> = {
  "linux-bridge": {
    "vm-to-vm": yes(matrix),
    "host-to-vm": yes(bridge),
    "switch-visible": no(matrix),
    "host-filtering": yes(`${domainXml}: filterref`),
    isolation: yes(`${bridge}: isolated ports`),
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
};
