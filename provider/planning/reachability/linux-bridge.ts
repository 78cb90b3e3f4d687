import type { Station } from "./fabric.ts";
import { ends, type Hop, reaches, type Scene, type Way } from "./scene.ts";

const isIsolated = (station: Station | undefined): boolean =>
  station?.attachment.kind === "port" && station.attachment.isolated === true;

/**
 * A frame in a Linux bridge (kernel net/bridge: br_handle_frame_finish, br_flood). `by`: the station it came in from;
 * `undefined`: the uplink.
 */
export const throughBridge = (
  scene: Scene,
  { bridge, host }: { readonly bridge: string; readonly host: string },
  by: Station | undefined,
  way: Way,
): Hop[] => {
  const { to, source } = scene.frame;
  const uplink = scene.uplinkOfBridge(bridge, host);
  const onward = [...way, "bridge"] as const;
  const hand = (station: Station): Hop =>
    isIsolated(by) && isIsolated(station)
      ? ends(`both are isolated ports of ${bridge}`, station)
      : reaches(station, onward);
  const outside: Hop[] =
    uplink === undefined || by === undefined ? [] : [{ at: "cable", uplink, way: onward } as const];
  const here = scene.portsOf(bridge, host);
  if (scene.isGroup) return [...here.filter((station) => station !== by).map(hand), ...outside];

  const isHere = here.includes(to);
  // Its own address is the one that a bridge never learns.
  if (isHere && to.attachment.kind === "host") return to === by ? [] : [hand(to)];
  if (scene.usurps) return [ends(`${bridge} of ${host} has just learned ${source} behind the sender`)];
  if (!isHere) return outside;
  // What it announced came back by the reflecting switch: the bridge has learned it behind the uplink.
  const isLost = uplink !== undefined && scene.world.reflects(uplink);
  if (!isLost) return to === by ? [] : [hand(to)];
  if (outside.length > 0) return outside;
  return [
    ends(`the reflecting switch returned its broadcasts to ${bridge} of ${host}, which now seeks it behind the uplink`),
  ];
};
