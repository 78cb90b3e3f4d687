import type { HostFacts, LinkFacts } from "../schema/facts.ts";
import type { BridgingMode } from "../schema/mode.ts";
import { macvlansOn, masterOf } from "./nic-owner.ts";
import { missingForPepa } from "./pepa-requirements.ts";

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
  /** Bridge or bond it is in, in words; null when it is free. */
  readonly owner: string | null;
  /** macvtaps and macvlans on it. */
  readonly macvlans: readonly string[];
  readonly networkManagers: readonly string[];
  readonly lldp: HostFacts["lldp"][string];
  /** `advertised`: LLDP says that the switch could; whether it does is unknown until it is stated. */
  readonly reflectiveRelay: "unknown" | "advertised";
  readonly supportedModes: Readonly<Record<"hypervisor" | "ethernet", readonly BridgingMode[]>>;
};

export const uplinkFacts = (facts: HostFacts, nic: LinkFacts): UplinkFacts => {
  const owner = masterOf(facts, nic) ?? null;
  const lldp = facts.lldp[nic.name] ?? null;
  const macvlans = macvlansOn(facts, nic);
  const bridgeable = owner === null ? macvlans.length === 0 && !nic.wireless : nic.bridgePort !== null;
  return {
    driver: nic.nic?.driver ?? null,
    pci: nic.nic?.pci ?? null,
    speedMbps: nic.nic?.speedMbps ?? null,
    mac: nic.mac,
    mtu: nic.mtu,
    minMtu: nic.minMtu ?? null,
    maxMtu: nic.maxMtu ?? null,
    carrier: nic.carrier,
    sriov: nic.nic?.sriov ?? null,
    iommuGroup: nic.nic?.iommuGroup ?? null,
    owner,
    macvlans,
    networkManagers: facts.networkManagers,
    lldp,
    reflectiveRelay: lldp?.reflectiveRelayAdvertised ? "advertised" : "unknown",
    supportedModes: {
      hypervisor: bridgeable ? ["veb"] : [],
      ethernet: owner === null ? ["veb", "vepa", ...(missingForPepa(facts) ? [] : (["pepa"] as const))] : [],
    },
  };
};
