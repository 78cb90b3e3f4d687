import type { HostFacts, LinkFacts } from "../schema/facts.ts";
import {
  type AddressManager,
  hostNetworkFile,
  type NetworkManager,
  ourLogical,
  ourProfiles,
} from "../schema/network-manager.ts";
import { hostAddresses } from "./carries-session.ts";
import { findLink } from "./find-nic.ts";

/** Who has this NIC in a bridge by files of ours, which give the host's own addresses to that; undefined: nobody. */
export const movedBy = ({ name, configuredBy }: LinkFacts): AddressManager | undefined => {
  if (configuredBy?.network?.endsWith(`/${hostNetworkFile(name)}`)) return "systemd-networkd";
  if (configuredBy?.profile?.startsWith(ourProfiles)) return "NetworkManager";
  return configuredBy?.logical?.startsWith(ourLogical) ? "ifupdown" : undefined;
};

/** Who would give an address that has moved to the NIC again, or take it from where it is by then; undefined: nobody. */
export const addressManager = (
  { networkManagers }: HostFacts,
  { configuredBy }: LinkFacts,
  named: NetworkManager | undefined,
): AddressManager | undefined => {
  if (named === "none") return undefined;
  const runs = (manager: NetworkManager) => named === manager || networkManagers.includes(manager);
  if (runs("systemd-networkd") && configuredBy?.network !== undefined) return "systemd-networkd";
  if (runs("NetworkManager") && configuredBy?.profile !== undefined) return "NetworkManager";
  return runs("ifupdown") && configuredBy?.logical !== undefined ? "ifupdown" : undefined;
};

/** The same where the host's addresses are on the NIC, or have gone from it to its bridge by that one. */
export const addressesMovedBy = (
  facts: HostFacts,
  nic: string,
  named: NetworkManager | undefined,
): AddressManager | undefined => {
  const link = findLink(facts, nic);
  const manager = link && addressManager(facts, link, named);
  if (link === undefined || manager === undefined) return undefined;
  return movedBy(link) !== undefined || hostAddresses(link).length > 0 ? manager : undefined;
};
