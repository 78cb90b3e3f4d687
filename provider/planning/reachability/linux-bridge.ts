import { entering, enteringByUplink, hears, leaving, vlansOf } from "./bridge-vlans.ts";
import type { FabricUplink, Station } from "./fabric.ts";
import { ends, type Hop, otherVlan, reaches, type Scene, type Way } from "./scene.ts";

const isIsolated = (station: Station | undefined): boolean =>
  station?.attachment.kind === "port" && station.attachment.isolated === true;

const returnsBroadcasts = ({ world }: Scene, uplink: FabricUplink): string | undefined => {
  if (world.reflects(uplink)) return "the reflecting switch";
  return uplink.embedded === "veb" && uplink.returns === true ? `${uplink.nic}'s own switch` : undefined;
};

/** A bridge, with the way and the tag that a frame comes to it. */
interface AtBridge {
  readonly bridge: string;
  readonly host: string;
  readonly way: Way;
  readonly tag: number | undefined;
}

/**
 * A frame in a Linux bridge (kernel net/bridge: br_handle_frame_finish, br_flood). `by`: the station it came in from;
 * `undefined`: the uplink.
 */
export const throughBridge = (scene: Scene, { bridge, host, way, tag }: AtBridge, by: Station | undefined): Hop[] => {
  const { to, source } = scene.frame;
  const uplink = scene.uplinkOfBridge(bridge, host);
  const here = scene.portsOf(bridge, host);
  const vlans = vlansOf(scene, uplink, here);
  const enters = by === undefined ? vlans && enteringByUplink(tag, vlans) : vlans && entering(by, scene.frame, vlans);
  if (vlans !== undefined && enters === undefined)
    return [ends(`${bridge} of ${host} lets no frame in by ${by?.name ?? uplink?.nic} of that VLAN, or of none`)];

  const isHeardBy = (station: Station): boolean =>
    vlans === undefined || enters === undefined ? tag === undefined : hears(station, enters, vlans);
  const goesOut = vlans === undefined || enters === undefined ? { tag } : leaving(enters, vlans);
  const onward = [...way, "bridge"] as const;
  const hand = (station: Station): Hop => {
    if (!isHeardBy(station)) return ends(otherVlan(station, enters ?? tag), station);
    return isIsolated(by) && isIsolated(station)
      ? ends(`both are isolated ports of ${bridge}`, station)
      : reaches(station, onward);
  };
  const outside = ((): Hop[] => {
    if (uplink === undefined || by === undefined) return [];
    if (goesOut === undefined) return [ends(`${uplink.nic} of ${host} carries no frames of VLAN ${enters}`)];
    return [{ at: "nic", uplink, way: onward, tag: goesOut.tag }];
  })();
  if (scene.isGroup) return [...here.filter((station) => station !== by).map(hand), ...outside];

  const isHere = here.includes(to) && isHeardBy(to);
  const elsewhere = here.includes(to) && !isHere ? [hand(to)] : [];
  // Its own address is the one that a bridge never learns.
  if (isHere && to.attachment.kind === "host") return to === by ? [] : [hand(to)];
  if (scene.usurps) return [ends(`${bridge} of ${host} has just learned ${source} behind the sender`)];
  if (!isHere) return [...elsewhere, ...outside];
  // What it announced came back: the bridge has learned it behind the uplink.
  const returnedBy = goesOut && uplink && returnsBroadcasts(scene, uplink);
  if (returnedBy === undefined) return to === by ? [] : [hand(to)];
  if (outside.length > 0) return outside;
  return [ends(`${returnedBy} returned its broadcasts to ${bridge} of ${host}, which now seeks it behind the uplink`)];
};
