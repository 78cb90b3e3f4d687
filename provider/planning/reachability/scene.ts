import { type Fabric, type FabricUplink, type FrameKind, type Station, type Switching, uplinkOf } from "./fabric.ts";

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

export type Way = readonly Switching[];

/** Where a copy of the frame is next. */
export type Hop =
  /** Out of an uplink, to the adjacent switch. */
  | { readonly at: "cable"; readonly uplink: FabricUplink; readonly way: Way }
  /** From the adjacent switch into an uplink. */
  | { readonly at: "uplink"; readonly uplink: FabricUplink; readonly way: Way }
  | { readonly at: "station"; readonly station: Station; readonly way: Way }
  /** It goes no further. `station`: whose copy; left out: the receiver's. */
  | { readonly at: "end"; readonly why: string; readonly station?: Station };

/** One frame in one world: who stands where, as seen from it. */
export class Scene {
  readonly world: World;
  readonly frame: Frame;
  readonly isGroup: boolean;
  /** A bridge learns before it looks: what claims to come from its addressee is sought where it came from. */
  readonly usurps: boolean;

  constructor(world: World, frame: Frame) {
    this.world = world;
    this.frame = frame;
    this.isGroup = frame.kind !== "unicast";
    this.usurps = !this.isGroup && frame.from !== frame.to && frame.source === frame.to.mac;
  }

  get uplinks(): readonly FabricUplink[] {
    return this.world.fabric.uplinks;
  }

  uplinkOf(station: Station): FabricUplink | undefined {
    return uplinkOf(this.world.fabric, station);
  }

  uplinkOfBridge(bridge: string, host: string): FabricUplink | undefined {
    return this.uplinks.find((each) => each.host === host && each.bridge === bridge);
  }

  macvtapsOn({ host, nic }: FabricUplink): Macvtap[] {
    return this.world.fabric.stations
      .filter(isMacvtap)
      .filter((station) => station.host === host && station.attachment.uplink === nic);
  }

  /** The host's own stack, on an uplink or on a bridge. */
  hostOn(host: string, device: string): Station[] {
    return this.world.fabric.stations.filter(
      (station) => station.host === host && station.attachment.kind === "host" && station.attachment.on === device,
    );
  }

  /** All that is on a Linux bridge but its uplink: the host's own stack as well. */
  portsOf(bridge: string, host: string): Station[] {
    const ports = this.world.fabric.stations.filter(
      (station) => station.host === host && station.attachment.kind === "port" && station.attachment.bridge === bridge,
    );
    return [...ports, ...this.hostOn(host, bridge)];
  }
}

export type Macvtap = Station & { readonly attachment: Extract<Station["attachment"], { kind: "macvtap" }> };

export const isMacvtap = (station: Station): station is Macvtap => station.attachment.kind === "macvtap";

export const ends = (why: string, station?: Station): Hop => ({ at: "end", why, ...(station && { station }) });
export const reaches = (station: Station, way: Way): Hop => ({ at: "station", station, way });
