import type { HostFacts, LinkFacts } from "../schema/facts.ts";
import { hostNetworkFile, type NetworkManager } from "../schema/network-manager.ts";
import { hostAddresses } from "./carries-session.ts";
import { findLink } from "./find-nic.ts";

/** Whether this NIC is in a bridge by files of ours for systemd-networkd, which give the host's own addresses to that. */
export const movedByNetworkd = ({ name, configuredBy }: LinkFacts): boolean =>
  configuredBy?.network?.endsWith(`/${hostNetworkFile(name)}`) === true;

/** Who would give an address that has moved to the NIC again, or take it from where it is by then; undefined: nobody. */
export const addressManager = (
  { networkManagers }: HostFacts,
  { configuredBy }: LinkFacts,
  named: NetworkManager | undefined,
): "systemd-networkd" | "NetworkManager" | undefined => {
  if (named === "none") return undefined;
  const runs = (manager: NetworkManager) => named === manager || networkManagers.includes(manager);
  if (runs("systemd-networkd") && configuredBy?.network !== undefined) return "systemd-networkd";
  return runs("NetworkManager") ? "NetworkManager" : undefined;
};

/** The same where the host's addresses are on the NIC, or have gone from it to its bridge by that one. */
export const addressesMovedBy = (
  facts: HostFacts,
  nic: string,
  named: NetworkManager | undefined,
): "systemd-networkd" | undefined => {
  const link = findLink(facts, nic);
  if (link === undefined || addressManager(facts, link, named) !== "systemd-networkd") return undefined;
  return movedByNetworkd(link) || hostAddresses(link).length > 0 ? "systemd-networkd" : undefined;
};
