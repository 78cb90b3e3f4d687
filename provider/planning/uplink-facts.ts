import type { HostFacts, LinkFacts } from "../schema/facts.ts";
import type { BridgeType, BridgingMode } from "../schema/mode.ts";
import type { UplinkRef } from "../schema/ref.ts";
import { hasEmbeddedSwitch } from "./embedded-switch.ts";
import { modesOf, uplinkEvidence } from "./mode-evidence.ts";
import { macvlansOn, masterOf } from "./nic-owner.ts";
import { relayAdvertised, type UplinkMember, uplinkMembers } from "./uplink-members.ts";

/** By type of bridge; `embedded` where the NIC has a switch of its own. */
export type SupportedModes = {
  readonly hypervisor: readonly BridgingMode[];
  readonly ethernet: readonly BridgingMode[];
  readonly embedded?: readonly BridgingMode[];
};

/** What is known of an uplink, for a person and for programs. */
export type UplinkFacts = {
  readonly driver: string | null;
  readonly pci: string | null;
  readonly speedMbps: number | null;
  readonly mac: string;
  readonly mtu: number;
  readonly minMtu: number | null;
  readonly maxMtu: number | null;
  readonly carrier: boolean;
  readonly sriov: { readonly totalVfs: number; readonly vfs: number } | null;
  readonly iommuGroup: number | null;
  /** The NICs below a bond or a VLAN link: neighbour, SR-IOV and carrier are each NIC's own. Empty of a NIC itself. */
  readonly members: readonly UplinkMember[];
  /** Bridge or bond it is in, in words; null when it is free. */
  readonly owner: string | null;
  /** macvtaps and macvlans on it. */
  readonly macvlans: readonly string[];
  readonly networkManagers: readonly string[];
  readonly lldp: HostFacts["lldp"][string];
  /** `advertised`: LLDP says that the switch could; whether it does is unknown until it is stated. */
  readonly reflectiveRelay: "unknown" | "advertised";
  /** The modes that each type of bridge supports on it: `evidence` of the Uplink says why. */
  readonly supportedModes: SupportedModes;
};

/** `ref`: what was stated of the uplink. */
export const uplinkFacts = (facts: HostFacts, nic: LinkFacts, ref?: UplinkRef): UplinkFacts => {
  const lldp = facts.lldp[nic.name] ?? null;
  const sriov = nic.nic?.sriov ?? null;
  const evidence = uplinkEvidence(facts, nic, ref);
  const modes = (type: BridgeType) => modesOf(evidence.filter((each) => each.type === type));
  return {
    driver: nic.nic?.driver ?? null,
    pci: nic.nic?.pci ?? null,
    speedMbps: nic.nic?.speedMbps ?? null,
    mac: nic.mac,
    mtu: nic.mtu,
    minMtu: nic.minMtu ?? null,
    maxMtu: nic.maxMtu ?? null,
    carrier: nic.carrier,
    sriov: sriov && { totalVfs: sriov.totalVfs, vfs: sriov.vfs },
    iommuGroup: nic.nic?.iommuGroup ?? null,
    members: uplinkMembers(facts, nic),
    owner: masterOf(facts, nic) ?? null,
    macvlans: macvlansOn(facts, nic),
    networkManagers: facts.networkManagers,
    lldp,
    reflectiveRelay: relayAdvertised(facts, nic) ? "advertised" : "unknown",
    supportedModes: {
      hypervisor: modes("hypervisor"),
      ethernet: modes("ethernet"),
      ...(hasEmbeddedSwitch(nic) ? { embedded: modes("embedded") } : {}),
    },
  };
};
