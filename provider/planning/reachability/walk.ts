import type { Fabric, FabricUplink, FrameKind, Station, Switching } from "./fabric.ts";

/** A fabric of which everything is known: what nobody knows was supposed. */
export interface World {
  readonly fabric: Fabric;
  reflects(uplink: FabricUplink): boolean;
  connected(one: FabricUplink, other: FabricUplink): boolean;
  /** Whether a group that the host itself has not joined passes a macvtap without allMulticast. */
  readonly hashLetsPass: boolean;
}

export interface Frame {
  readonly kind: FrameKind;
  readonly from: Station;
  /** The source address in the frame: `from`'s own unless it spoofs. */
  readonly source: string;
  /** Whom it is for; a group frame is for everybody. This station was the last to be heard of all that claim its address. */
  readonly to: Station;
}

export interface Walk {
  /** The way of each copy that reached `to`. */
  readonly arrivals: (readonly Switching[])[];
  /** Where copies for `to` ended, and why. */
  readonly ends: string[];
}

const filteredOn = ({ nic, host }: FabricUplink): string => `pepa: the filter on ${nic} of ${host} drops it`;

/**
 * Follows a frame as the kernel handles it (drivers/net/macvlan.c: macvlan_queue_xmit, macvlan_handle_frame,
 * macvlan_multicast_rx; net/bridge: br_handle_frame_finish, br_flood) through a switch that may reflect. Held against real
 * frames by test/frames/random-topologies.test.ts.
 */
export const walk = (world: World, frame: Frame): Walk => {
  const arrivals: (readonly Switching[])[] = [];
  const ends: string[] = [];
  const { fabric } = world;
  const { from, to } = frame;
  const isGroup = frame.kind !== "unicast";
  /** A bridge learns before it looks: what claims to come from its addressee is sought where it came from. */
  const usurps = !isGroup && from !== to && frame.source === to.mac;

  const uplinksOf = (host: string) => fabric.uplinks.filter((each) => each.host === host);
  const uplinkOf = (station: Station): FabricUplink | undefined => {
    const { attachment, host } = station;
    if (attachment.kind === "macvtap") return uplinksOf(host).find(({ nic }) => nic === attachment.uplink);
    const on = attachment.kind === "port" ? attachment.bridge : attachment.on;
    return uplinksOf(host).find(({ nic, bridge }) => bridge === on || (bridge === undefined && nic === on));
  };
  const macvtapsOn = ({ host, nic }: FabricUplink) =>
    fabric.stations.filter(
      ({ host: at, attachment }) => at === host && attachment.kind === "macvtap" && attachment.uplink === nic,
    );

  const isFiltered = ({ attachment }: Station): boolean =>
    attachment.kind === "macvtap" && attachment.filtered === true;
  /** What left by an uplink is of its host, and so is for a while whatever bears an address that did (links/pepa-filter.ts). */
  const isOfHostBehind = (uplink: FabricUplink): boolean =>
    uplinkOf(from) === uplink ||
    macvtapsOn(uplink).some(({ mac }) => mac === frame.source) ||
    fabric.stations.some(isHostOn(uplink, frame.source));

  const arrive = (station: Station, way: readonly Switching[]): void => {
    if (station !== to) return;
    const uplink = isFiltered(station) ? uplinkOf(station) : undefined;
    if (uplink !== undefined && isOfHostBehind(uplink)) ends.push(filteredOn(uplink));
    else arrivals.push(way);
  };
  const hearsGroup = ({ attachment }: Station): boolean =>
    frame.kind !== "multicast" ||
    attachment.kind !== "macvtap" ||
    attachment.allMulticast !== false ||
    world.hashLetsPass;

  /** To those macvtaps of an uplink that are in one of these modes. */
  const toMacvtaps = (
    uplink: FabricUplink,
    modes: readonly string[],
    except: Station | undefined,
    way: readonly Switching[],
  ): void => {
    for (const station of macvtapsOn(uplink)) {
      const { attachment } = station;
      if (station === except || attachment.kind !== "macvtap") continue;
      if (!modes.includes(attachment.mode)) {
        // Between macvtaps in bridge mode the others may still hear of it by the switch.
        if (station === to && way.includes("switch"))
          ends.push(`a macvtap in ${attachment.mode} mode does not hear this neighbour's group frames`);
      } else if (hearsGroup(station)) arrive(station, way);
      else if (station === to) ends.push("without allMulticast it does not hear this group");
    }
  };

  const ports = (bridge: string, host: string) =>
    fabric.stations.filter(
      ({ host: at, attachment }) =>
        at === host &&
        ((attachment.kind === "port" && attachment.bridge === bridge) ||
          (attachment.kind === "host" && attachment.on === bridge)),
    );

  /** `by`: the port it came in by; `undefined`: the uplink. */
  const throughBridge = (bridge: string, host: string, by: Station | undefined, way: readonly Switching[]): void => {
    const uplink = uplinksOf(host).find((each) => each.bridge === bridge);
    const onward = [...way, "bridge"] as const;
    const isIsolated = (station: Station | undefined) =>
      station?.attachment.kind === "port" && station.attachment.isolated === true;
    const hand = (port: Station): void => {
      if (isIsolated(by) && isIsolated(port)) {
        if (port === to) ends.push(`both are isolated ports of ${bridge}`);
      } else arrive(port, onward);
    };
    const here = ports(bridge, host);
    if (isGroup) {
      for (const port of here) if (port !== by) hand(port);
      if (by !== undefined && uplink !== undefined) out(uplink, onward);
      return;
    }
    if (usurps) {
      ends.push(`${bridge} of ${host} has just learned ${frame.source} behind the sender`);
      return;
    }
    // What it announced came back by the reflecting switch: the bridge has learned it behind the uplink.
    const isLost = uplink !== undefined && world.reflects(uplink);
    const target = here.includes(to) && !isLost ? to : undefined;
    if (target !== undefined && target !== by) hand(target);
    else if (uplink !== undefined && by !== undefined) out(uplink, onward);
    else if (here.includes(to) && isLost)
      ends.push(
        `the reflecting switch returned its broadcasts to ${bridge} of ${host}, which now seeks it behind the uplink`,
      );
  };

  const into = (uplink: FabricUplink, way: readonly Switching[]): void => {
    if (uplink.bridge !== undefined) {
      throughBridge(uplink.bridge, uplink.host, undefined, way);
      return;
    }
    const here = macvtapsOn(uplink);
    const source = here.find(({ mac }) => mac === frame.source);
    if (source !== undefined && isFiltered(source)) {
      ends.push(filteredOn(uplink));
      return;
    }
    const passthrough = here.find(
      ({ attachment }) => attachment.kind === "macvtap" && attachment.mode === "passthrough",
    );
    if (passthrough !== undefined) {
      arrive(passthrough, way);
      return;
    }
    const hostItself = fabric.stations.filter(
      ({ host, attachment }) => host === uplink.host && attachment.kind === "host" && attachment.on === uplink.nic,
    );
    if (!isGroup) {
      for (const station of [...here, ...hostItself]) if (station.mac === to.mac) arrive(station, way);
      return;
    }
    const mode = source?.attachment.kind === "macvtap" ? source.attachment.mode : undefined;
    if (source !== undefined && mode === "private") {
      // Also one from elsewhere that only claims to be its.
      arrive(source, way);
      ends.push("a group frame of a macvtap in private mode returns to itself alone");
      return;
    }
    const modes = mode === "bridge" ? ["vepa"] : mode === "vepa" ? ["vepa", "bridge"] : ["bridge", "vepa", "private"];
    toMacvtaps(uplink, modes, source, way);
    for (const station of hostItself) arrive(station, way);
  };

  const out = (uplink: FabricUplink, way: readonly Switching[]): void => {
    const onward = [...way, "switch"] as const;
    const behind = isGroup ? undefined : usurps ? uplink : uplinkOf(to);
    for (const port of fabric.uplinks) {
      if (behind !== undefined && port !== behind) continue;
      if (port !== uplink && world.connected(port, uplink)) into(port, onward);
      else if (port === uplink && world.reflects(uplink)) into(port, onward);
      else if (port === uplinkOf(to))
        ends.push(
          port === uplink
            ? `the adjacent switch does not send frames back out of the port of ${port.nic} of ${port.host}`
            : `${uplink.nic} of ${uplink.host} and ${port.nic} of ${port.host} are in different networks`,
        );
    }
  };

  /** Between macvtaps in bridge mode; true when the frame has nowhere else to go. */
  const amongBridgeMode = (uplink: FabricUplink): boolean => {
    if (isGroup) toMacvtaps(uplink, ["bridge"], from, ["macvtap"]);
    const { attachment } = to;
    const isThere = macvtapsOn(uplink).includes(to) && attachment.kind === "macvtap" && attachment.mode === "bridge";
    if (isGroup || !isThere) return false;
    // The kernel hands it up through the uplink's ingress, so through its filter; a group frame does not come by there.
    const isClaimed = macvtapsOn(uplink).some((station) => isFiltered(station) && station.mac === frame.source);
    if (isClaimed) ends.push(filteredOn(uplink));
    else arrive(to, ["macvtap"]);
    return true;
  };

  const sendByMacvtap = (uplink: FabricUplink, mode: string): void => {
    if (isFiltered(from) && frame.source !== from.mac)
      ends.push(
        `pepa: the filter on ${uplink.nic} of ${uplink.host} drops what ${from.name} sends with another's address`,
      );
    else if (mode !== "bridge" || !amongBridgeMode(uplink)) out(uplink, []);
  };

  const send = (): void => {
    const { attachment, host } = from;
    const uplink = uplinkOf(from);
    const bridge = attachment.kind === "port" ? attachment.bridge : uplink?.bridge;
    if (attachment.kind !== "macvtap" && bridge !== undefined) throughBridge(bridge, host, from, []);
    else if (uplink === undefined) ends.push(`${from.name} has no uplink`);
    else if (attachment.kind === "macvtap") sendByMacvtap(uplink, attachment.mode);
    else out(uplink, []);
  };

  const isHostOn =
    ({ host, nic }: FabricUplink, mac: string) =>
    (station: Station): boolean =>
      station.host === host &&
      station.mac === mac &&
      station.attachment.kind === "host" &&
      station.attachment.on === nic;

  send();
  return { arrivals, ends };
};
