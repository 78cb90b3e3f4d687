import type { FabricUplink, Station } from "./fabric.ts";
import {
  type AtUplink,
  ends,
  type Hop,
  isVf,
  type NicTrait,
  otherVlan,
  reaches,
  type Scene,
  type Vf,
} from "./scene.ts";

/* Frames in a NIC that has VFs. Held against those of igb by test/long/vf-frames.test.ts. */

const has = ({ world }: Scene, { vfCapabilities = [] }: FabricUplink, trait: NicTrait): boolean =>
  vfCapabilities.some((capability) => capability === trait) || !world.lacks.has(trait);

const nameOf = ({ nic, host }: FabricUplink): string => `${nic} of ${host}`;

const toVf = (scene: Scene, station: Vf, { uplink, way, tag }: AtUplink): Hop => {
  if (station.attachment.vlan !== tag) return ends(otherVlan(station, tag), station);
  if (scene.frame.kind === "multicast" && !has(scene, uplink, "multicast"))
    return ends(`${nameOf(uplink)} hands its VFs no such group`, station);
  return reaches(station, way);
};

const toHost = (scene: Scene, here: AtUplink): Hop =>
  here.uplink.embedded !== undefined && scene.frame.kind === "multicast" && !has(scene, here.uplink, "host-multicast")
    ? ends(`${nameOf(here.uplink)} hands its host no such group while it has VFs`)
    : { ...here, at: "host" };

/** What the adjacent switch sends to a NIC. */
export const fromCable = (scene: Scene, here: AtUplink): Hop[] => {
  const { to } = scene.frame;
  const vfs = scene.vfsOn(here.uplink);
  if (scene.isGroup) return [...vfs.map((station) => toVf(scene, station, here)), toHost(scene, here)];
  const vf = vfs.find((station) => station === to);
  return [vf === undefined ? toHost(scene, here) : toVf(scene, vf, here)];
};

/** Whether the NIC itself hands a frame from a VF, or from its host, to a station of its own host. */
const handsToHost = (scene: Scene, uplink: FabricUplink, by: Station | undefined, to: Station): boolean => {
  if (by === undefined) return uplink.returns ?? (uplink.bridge === undefined && has(scene, uplink, "host-to-host"));
  return has(scene, uplink, !scene.isGroup && to.attachment.kind === "port" ? "to-bridge" : "host-to-vm");
};

/** What a NIC is given by its host, or by a VF (`by`). */
export const throughNic = (scene: Scene, here: AtUplink, by: Station | undefined): Hop[] => {
  const { uplink, way, tag } = here;
  const { to } = scene.frame;
  const cable: Hop = { at: "cable", uplink, way, tag };
  if (by !== undefined && scene.frame.source !== by.mac && !has(scene, uplink, "spoofing"))
    return [ends(`${nameOf(uplink)} drops what a VF sends with another's address`)];
  if (uplink.embedded !== "veb") return [cable];

  const onward: AtUplink = { uplink, way: [...way, "nic"], tag };
  const vfs = by !== undefined || has(scene, uplink, "host-to-vm") ? scene.vfsOn(uplink) : [];
  const others = vfs.filter((station) => station !== by);
  const isHandedUp = handsToHost(scene, uplink, by, to);
  if (scene.isGroup)
    return [
      ...others.map((station) => toVf(scene, station, onward)),
      ...(isHandedUp ? [toHost(scene, onward)] : []),
      cable,
    ];
  const vf = others.find((station) => station === to);
  if (vf !== undefined) return [toVf(scene, vf, onward)];
  if (isVf(to) || scene.uplinkOf(to) !== uplink) return [cable];
  if (isHandedUp) return [toHost(scene, onward)];
  // A NIC sends nothing out that is for an address of its own; those behind a bridge are not.
  return by === undefined && to.attachment.kind !== "port"
    ? [ends(`${nameOf(uplink)} hands its host nothing back that is the host's own`)]
    : [cable];
};
