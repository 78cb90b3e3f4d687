import { type AtUplink, ends, type Hop, type Scene } from "./scene.ts";

/** What the adjacent switch does with a frame from an uplink. It knows behind which of its ports the receiver is, and carries every VLAN. */
export const throughSwitch = (scene: Scene, { uplink: from, way, tag }: AtUplink): Hop[] => {
  const { to } = scene.frame;
  const onward = [...way, "switch"] as const;
  const home = scene.uplinkOf(to);
  const behind = scene.usurps ? from : home;
  const ports = scene.uplinks.filter((port) => scene.isGroup || behind === undefined || port === behind);
  return ports.flatMap((uplink): Hop[] => {
    const passes = uplink === from ? scene.world.reflects(from) : scene.world.connected(uplink, from);
    if (passes) return [{ at: "uplink", uplink, way: onward, tag }];
    if (uplink !== home) return [];
    return [
      ends(
        uplink === from
          ? `the adjacent switch does not send frames back out of the port of ${uplink.nic} of ${uplink.host}`
          : `${from.nic} of ${from.host} and ${uplink.nic} of ${uplink.host} are in different networks`,
      ),
    ];
  });
};
