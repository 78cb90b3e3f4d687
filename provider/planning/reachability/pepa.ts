import type { FabricUplink, Station } from "./fabric.ts";
import { isMacvtap, isVf, type Scene } from "./scene.ts";

/* What the filter of pepa does (links/pepa-filter.ts). */

export const isFiltered = (station: Station): boolean => isMacvtap(station) && station.attachment.filtered === true;

export const filterDrops = ({ nic, host }: FabricUplink): string => `pepa: the filter on ${nic} of ${host} drops it`;

/** What left by an uplink is of its host, and so is for a while whatever bears an address that did. */
export const isOfHostBehind = (scene: Scene, uplink: FabricUplink, vlan: number | undefined): boolean => {
  const { from, source } = scene.frame;
  const here = [...scene.macvtapsOn(uplink, vlan), ...scene.hostOn(uplink.host, uplink.nic)];
  // What a VF sends does not leave by the host's own NIC.
  return (scene.uplinkOf(from) === uplink && !isVf(from)) || here.some(({ mac }) => mac === source);
};

/** The source is that of a pepa VM on this uplink. */
export const claimsFiltered = (scene: Scene, uplink: FabricUplink, vlan: number | undefined): boolean =>
  scene.macvtapsOn(uplink, vlan).some((station) => isFiltered(station) && station.mac === scene.frame.source);
