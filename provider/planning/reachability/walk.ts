import { throughSwitch } from "./adjacent-switch.ts";
import { throughBridge } from "./linux-bridge.ts";
import { receive, sendByMacvtap } from "./macvlan.ts";
import { fromCable, throughNic } from "./nic-switch.ts";
import { ends, type Frame, type Hop, isMacvtap, isVf, Scene, type Way, type World } from "./scene.ts";

export interface Walk {
  /** The way of each copy that reached the receiver. */
  readonly arrivals: readonly Way[];
  /** Where copies for it ended, and why. */
  readonly ends: readonly string[];
}

const send = (scene: Scene): Hop[] => {
  const { from, tag } = scene.frame;
  const { attachment, host } = from;
  const uplink = scene.uplinkOf(from);
  if (attachment.kind === "port" || attachment.kind === "host") {
    const bridge = attachment.kind === "port" ? attachment.bridge : uplink?.bridge;
    if (bridge !== undefined) return throughBridge(scene, { bridge, host, way: [], tag }, from);
  }
  if (uplink === undefined) return [ends(`${from.name} has no uplink`)];
  const vlan = attachment.kind === "port" ? tag : attachment.vlan;
  const here = { uplink, way: [], tag: vlan };
  if (isMacvtap(from)) return sendByMacvtap(scene, here, from);
  return [{ at: "nic", ...here, ...(isVf(from) && { by: from }) }];
};

/** What comes of one hop; nothing of the last. */
const next = (scene: Scene, hop: Hop): Hop[] => {
  if (hop.at === "station" || hop.at === "end") return [];
  if (hop.at === "nic") return throughNic(scene, hop, hop.by);
  if (hop.at === "cable") return throughSwitch(scene, hop);
  if (hop.at === "uplink") return fromCable(scene, hop);
  const { bridge, host } = hop.uplink;
  return bridge === undefined ? receive(scene, hop) : throughBridge(scene, { ...hop, bridge, host }, undefined);
};

/**
 * Follows a frame as the kernel handles it, through a switch that may reflect. Held against real frames by
 * test/frames/random-topologies.test.ts and test/long/vf-frames.test.ts.
 */
export const walk = (world: World, frame: Frame): Walk => {
  const scene = new Scene(world, frame);
  const hops = send(scene);
  // Each copy goes one way only, host to switch to host: the list ends.
  for (const hop of hops) hops.push(...next(scene, hop));
  return {
    arrivals: hops.flatMap((hop) => (hop.at === "station" && hop.station === frame.to ? [hop.way] : [])),
    ends: hops.flatMap((hop) => (hop.at === "end" && (hop.station ?? frame.to) === frame.to ? [hop.why] : [])),
  };
};
