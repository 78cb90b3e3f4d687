import type { Station } from "./fabric.ts";
import { claimsFiltered, filterDrops, isFiltered, isOfHostBehind } from "./pepa.ts";
import { type AtUplink, ends, type Hop, type Macvtap, otherVlan, reaches, type Scene } from "./scene.ts";

/* Frames of macvtaps (kernel drivers/net/macvlan.c). Those on an uplink's link of a VLAN are among themselves. */

type Mode = Macvtap["attachment"]["mode"];

const hand = (scene: Scene, { uplink, way, tag }: AtUplink, station: Station): Hop =>
  isFiltered(station) && isOfHostBehind(scene, uplink, tag)
    ? ends(filterDrops(uplink), station)
    : reaches(station, way);

/** A group frame to those macvtaps of an uplink that are in one of these modes. */
const flood = (scene: Scene, here: AtUplink, modes: readonly Mode[], except: Station | undefined): Hop[] => {
  const { frame, world } = scene;
  const hears = ({ attachment }: Macvtap) =>
    frame.kind !== "multicast" || attachment.allMulticast !== false || world.hashLetsPass;
  const isIn = ({ attachment }: Macvtap) => modes.includes(attachment.mode);
  const others = scene.macvtapsOn(here.uplink, here.tag).filter((station) => station !== except);
  const deaf = others.find((station) => station === frame.to && isIn(station) && !hears(station));
  return [
    ...others.filter((station) => isIn(station) && hears(station)).map((station) => hand(scene, here, station)),
    ...(deaf === undefined ? [] : [ends("without allMulticast it does not hear this group")]),
  ];
};

/** Between macvtaps in bridge mode; undefined when the frame has to be sent out (as well). */
const amongBridgeMode = (scene: Scene, { uplink, tag }: AtUplink, from: Macvtap): Hop[] | undefined => {
  const to = scene.macvtapsOn(uplink, tag).find((station) => station === scene.frame.to);
  if (from.attachment.mode !== "bridge" || to?.attachment.mode !== "bridge") return undefined;
  // The kernel hands it up through the uplink's ingress, so through its filter.
  return [claimsFiltered(scene, uplink, tag) ? ends(filterDrops(uplink)) : reaches(to, ["macvtap"])];
};

/** What a macvtap sends: macvlan_queue_xmit. */
export const sendByMacvtap = (scene: Scene, here: AtUplink, from: Macvtap): Hop[] => {
  const { uplink } = here;
  if (isFiltered(from) && scene.frame.source !== from.mac) {
    const where = `the filter on ${uplink.nic} of ${uplink.host}`;
    return [ends(`pepa: ${where} drops what ${from.name} sends with another's address`)];
  }
  const outside: Hop = { ...here, at: "nic" };
  if (!scene.isGroup) return amongBridgeMode(scene, here, from) ?? [outside];
  // A group frame does not come by the uplink's ingress on its way to neighbours in bridge mode.
  const near = from.attachment.mode === "bridge" ? flood(scene, { ...here, way: ["macvtap"] }, ["bridge"], from) : [];
  return [...near, outside];
};

/** Who hears a group frame that comes back from the switch, by its sender's mode. Those in bridge mode have heard it already. */
const hearersOf: Readonly<Record<Mode, readonly Mode[]>> = {
  bridge: ["vepa"],
  vepa: ["vepa", "bridge"],
  private: [],
  passthrough: [],
};
const everyMode: readonly Mode[] = ["bridge", "vepa", "private", "passthrough"];

/** The receiver's copy, when it is there and in another VLAN. */
const deafToVlan = (scene: Scene, { uplink, tag }: AtUplink): Hop[] => {
  const { to } = scene.frame;
  const { attachment } = to;
  const isDeaf = attachment.kind !== "vf" && scene.uplinkOf(to) === uplink && attachment.vlan !== tag;
  return isDeaf ? [ends(otherVlan(to, tag), to)] : [];
};

/** A group frame from the switch, by the mode of the macvtap whose address it bears: macvlan_handle_frame, macvlan_multicast_rx. */
const receiveGroup = (scene: Scene, at: AtUplink): Hop[] => {
  const { uplink, way, tag } = at;
  const here = scene.macvtapsOn(uplink, tag);
  const source = here.find(({ mac }) => mac === scene.frame.source);
  const mode = source?.attachment.mode;
  if (source !== undefined && (mode === "private" || mode === "passthrough")) {
    // Also one from elsewhere that only claims to be its.
    const why = `a group frame of a macvtap in ${mode} mode returns to itself alone`;
    return [hand(scene, at, source), ends(why)];
  }
  const hearers = mode === undefined ? everyMode : hearersOf[mode];
  const others = here.filter((station) => station !== source && !hearers.includes(station.attachment.mode));
  const deaf = others.find((station) => station === scene.frame.to);
  return [
    ...flood(scene, at, hearers, source),
    ...scene
      .hostOn(uplink.host, uplink.nic)
      .filter(({ attachment }) => attachment.vlan === tag)
      .map((station) => reaches(station, way)),
    ...deafToVlan(scene, at),
    ...(deaf === undefined
      ? []
      : [ends(`a macvtap in ${deaf.attachment.mode} mode does not hear this neighbour's group frames`)]),
  ];
};

/** What comes from the switch to an uplink that is in no bridge. */
export const receive = (scene: Scene, at: AtUplink): Hop[] => {
  const { uplink, way, tag } = at;
  const { to } = scene.frame;
  if (claimsFiltered(scene, uplink, tag)) return [ends(filterDrops(uplink))];
  if (scene.isGroup) return receiveGroup(scene, at);
  const here = scene.macvtapsOn(uplink, tag);
  const greedy = here.find(({ attachment }) => attachment.mode === "passthrough");
  if (greedy !== undefined) return [reaches(greedy, way)];
  const hosts = scene.hostOn(uplink.host, uplink.nic).filter(({ attachment }) => attachment.vlan === tag);
  const heard = [...here, ...hosts].filter(({ mac }) => mac === to.mac).map((station) => hand(scene, at, station));
  return heard.length > 0 ? heard : deafToVlan(scene, at);
};
