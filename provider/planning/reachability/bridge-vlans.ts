import { type VlanList, vlanIdsOf } from "../../schema/vlan.ts";
import type { BridgeVlans, FabricUplink, Station } from "./fabric.ts";
import type { Frame, Scene } from "./scene.ts";

/* VLANs in a Linux bridge (kernel net/bridge/br_vlan.c). In one that does not filter, a frame keeps its tag. */

/** The kernel's own defaults; of the uplink's port nobody knows. */
const supposed = (uplinksCarry: boolean): BridgeVlans => ({
  defaultPvid: 1,
  uplinkPvid: 1,
  uplinkTagged: uplinksCarry ? ["2-4094"] : [],
});

const isIn = (vlan: number | undefined, list: VlanList): boolean =>
  vlan !== undefined && vlanIdsOf(list).includes(vlan);

const vlanOf = ({ attachment }: Station) =>
  attachment.kind === "port" || attachment.kind === "host" ? attachment.vlan : undefined;

/** Undefined: the bridge does not filter. */
export const vlansOf = (scene: Scene, uplink: FabricUplink | undefined, ports: readonly Station[]) =>
  uplink?.vlans ?? (ports.some((each) => vlanOf(each) !== undefined) ? supposed(scene.world.uplinksCarry) : undefined);

const orNone = (pvid: number): number | undefined => (pvid === 0 ? undefined : pvid);

/** The VLAN of a station's untagged frames; undefined: none, they are dropped. */
const untaggedOf = (station: Station, { defaultPvid }: BridgeVlans): number | undefined => {
  const vlan = vlanOf(station);
  if (typeof vlan === "object") return vlan.native;
  return vlan ?? orNone(defaultPvid);
};

/** The VLAN of a frame that comes in from a station; undefined: none, it is dropped. */
export const entering = (station: Station, { tag }: Frame, vlans: BridgeVlans): number | undefined => {
  if (tag === undefined) return untaggedOf(station, vlans);
  const vlan = vlanOf(station);
  return typeof vlan === "object" && isIn(tag, vlan.tagged) ? tag : undefined;
};

/** The same of one that comes in from the uplink. */
export const enteringByUplink = (tag: number | undefined, vlans: BridgeVlans): number | undefined => {
  if (tag === undefined) return orNone(vlans.uplinkPvid);
  return tag === vlans.uplinkPvid || isIn(tag, vlans.uplinkTagged) ? tag : undefined;
};

export const hears = (station: Station, vid: number, vlans: BridgeVlans): boolean => {
  const vlan = vlanOf(station);
  return untaggedOf(station, vlans) === vid || (typeof vlan === "object" && isIn(vid, vlan.tagged));
};

/** How a frame of a VLAN goes out of the uplink, if it does. */
export const leaving = (vid: number, vlans: BridgeVlans): { readonly tag: number | undefined } | undefined => {
  if (vid === vlans.uplinkPvid) return { tag: undefined };
  return isIn(vid, vlans.uplinkTagged) ? { tag: vid } : undefined;
};
