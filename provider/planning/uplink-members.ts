import type { HostFacts, LinkFacts } from "../schema/facts.ts";
import { nicsBelow } from "./stacked-links.ts";

/** A NIC that an uplink sends by which is itself a bond or a VLAN link. */
export type UplinkMember = {
  readonly name: string;
  readonly driver: string | null;
  readonly pci: string | null;
  /** Null: nobody was heard, or nobody listened. */
  readonly lldp: HostFacts["lldp"][string];
  readonly sriov: { readonly totalVfs: number; readonly vfs: number } | null;
  readonly carrier: boolean;
  /** Whether the bond sends and hears by it now; the NIC of a VLAN link always is. */
  readonly active: boolean;
};

const memberOf = (facts: HostFacts, { name, nic, carrier, bondPort }: LinkFacts): UplinkMember => {
  const sriov = nic?.sriov ?? null;
  return {
    name,
    driver: nic?.driver ?? null,
    pci: nic?.pci ?? null,
    lldp: facts.lldp[name] ?? null,
    sriov: sriov && { totalVfs: sriov.totalVfs, vfs: sriov.vfs },
    carrier,
    active: bondPort?.active ?? true,
  };
};

/** The NICs below a bond or VLAN link, with what is read of each; none of a NIC itself. */
export const uplinkMembers = (facts: HostFacts, uplink: LinkFacts): UplinkMember[] =>
  nicsBelow(facts, uplink).map((nic) => memberOf(facts, nic));

/** What the switch advertises of reflective relay: on a bond only what it says on each NIC that is in use. */
export const relayAdvertised = (facts: HostFacts, uplink: LinkFacts): boolean => {
  const used = uplinkMembers(facts, uplink).filter(({ active }) => active);
  const said = used.length === 0 ? [facts.lldp[uplink.name]] : used.map(({ lldp }) => lldp);
  return said.every((each) => each?.reflectiveRelayAdvertised === true);
};
