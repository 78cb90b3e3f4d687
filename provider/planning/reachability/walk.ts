import { throughSwitch } from "./adjacent-switch.ts";
import { throughBridge } from "./linux-bridge.ts";
import { receive, sendByMacvtap } from "./macvlan.ts";
import { ends, type Frame, type Hop, isMacvtap, Scene, type Way, type World } from "./scene.ts";

export interface Walk {
  /** The way of each copy that reached the receiver. */
  readonly arrivals: readonly Way[];
  /** Where copies for it ended, and why. */
  readonly ends: readonly string[];
}

const send = (scene: Scene): Hop[] => {
  const { from } = scene.frame;
  const uplink = scene.uplinkOf(from);
  if (!isMacvtap(from)) {
    const bridge = from.attachment.kind === "port" ? from.attachment.bridge : uplink?.bridge;
    if (bridge !== undefined) return throughBridge(scene, { bridge, host: from.host }, from, []);
  }
  if (uplink === undefined) return [ends(`${from.name} has no uplink`)];
  return isMacvtap(from) ? sendByMacvtap(scene, uplink, from) : [{ at: "cable", uplink, way: [] }];
};

/** What comes of one hop; nothing of the last. */
const next = (scene: Scene, hop: Hop): Hop[] => {
  if (hop.at === "cable") return throughSwitch(scene, hop.uplink, hop.way);
  if (hop.at !== "uplink") return [];
  const { uplink, way } = hop;
  const { bridge, host } = uplink;
  return bridge === undefined ? receive(scene, uplink, way) : throughBridge(scene, { bridge, host }, undefined, way);
};

/**
 * Follows a frame as the kernel handles it, through a switch that may reflect. Held against real frames by
 * test/frames/random-topologies.test.ts.
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
