import { type Fabric, type FabricUplink, type FrameKind, type Station, type Switching, uplinkOf } from "./fabric.ts";

/** What a NIC with VFs decides, and of which nobody knows as long as nobody has stated it. */
export type NicTrait =
  /** Its VFs and its host reach each other within it. */
  | "host-to-vm"
  /** It hands what its host sends back to its host, where that is for somebody there. */
  | "host-to-host"
  /** It hands to its host what is for a VM on the host's bridge. */
  | "to-bridge"
  /** A VF hears the groups that its guest has joined. */
  | "multicast"
  /** Its host hears the groups that it asks for. */
  | "host-multicast"
  /** It lets a VF send with another's address. */
  | "spoofing";

/** A fabric of which everything is known: what nobody knows was supposed. */
export interface World {
  readonly fabric: Fabric;
  reflects(uplink: FabricUplink): boolean;
  connected(one: FabricUplink, other: FabricUplink): boolean;
  /** Whether a group that the host itself has not joined passes a macvtap without allMulticast. */
  readonly hashLetsPass: boolean;
  /** Whether a bridge's uplink carries the VLANs of its ports, where nobody has said which it carries. */
  readonly uplinksCarry: boolean;
  /** Those that no NIC has. */
  readonly lacks: ReadonlySet<NicTrait>;
}

export interface Frame {
  readonly kind: FrameKind;
  readonly from: Station;
  /** The source address in the frame: `from`'s own unless it spoofs. */
  readonly source: string;
  /** The VLAN of the tag that the sender itself gives it: behind a trunk. */
  readonly tag: number | undefined;
  /** Whom it is for; a group frame is for everybody. This station was the last to be heard of all that claim its address. */
  readonly to: Station;
}

export type Way = readonly Switching[];

/** A frame at an uplink, with the VLAN of its tag. */
export interface AtUplink {
  readonly uplink: FabricUplink;
  readonly way: Way;
  readonly tag: number | undefined;
}

/** Where a copy of the frame is next. */
export type Hop =
  /** Into the NIC, from the host, or from a VF (`by`). */
  | (AtUplink & { readonly at: "nic"; readonly by?: Station })
  /** Out of an uplink, to the adjacent switch. */
  | (AtUplink & { readonly at: "cable" })
  /** From the adjacent switch into an uplink. */
  | (AtUplink & { readonly at: "uplink" })
  /** From the NIC to its host: a bridge, macvtaps, or the host's own stack. */
  | (AtUplink & { readonly at: "host" })
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

  /** Those on the uplink itself, or on its link of a VLAN. */
  macvtapsOn({ host, nic }: FabricUplink, vlan: number | undefined): Macvtap[] {
    return this.world.fabric.stations
      .filter(isMacvtap)
      .filter(({ host: at, attachment }) => at === host && attachment.uplink === nic && attachment.vlan === vlan);
  }

  vfsOn({ host, nic }: FabricUplink): Vf[] {
    return this.world.fabric.stations
      .filter(isVf)
      .filter(({ host: at, attachment }) => at === host && attachment.uplink === nic);
  }

  /** The host's own stack, on an uplink or on a bridge, or on a link of a VLAN on it. */
  hostOn(host: string, device: string): Host[] {
    return this.world.fabric.stations
      .filter(isHost)
      .filter(({ host: at, attachment }) => at === host && attachment.on === device);
  }

  /** All that is on a Linux bridge but its uplink: the host's own stack as well. */
  portsOf(bridge: string, host: string): Station[] {
    const ports = this.world.fabric.stations.filter(
      (station) => station.host === host && station.attachment.kind === "port" && station.attachment.bridge === bridge,
    );
    return [...ports, ...this.hostOn(host, bridge)];
  }
}

type Attached<Kind extends Station["attachment"]["kind"]> = Station & {
  readonly attachment: Extract<Station["attachment"], { kind: Kind }>;
};
export type Macvtap = Attached<"macvtap">;
export type Vf = Attached<"vf">;
type Host = Attached<"host">;

export const isMacvtap = (station: Station): station is Macvtap => station.attachment.kind === "macvtap";
export const isVf = (station: Station): station is Vf => station.attachment.kind === "vf";
const isHost = (station: Station): station is Host => station.attachment.kind === "host";

export const ends = (why: string, station?: Station): Hop => ({ at: "end", why, ...(station && { station }) });
export const reaches = (station: Station, way: Way): Hop => ({ at: "station", station, way });

const vlanText = (vlan: number | undefined): string => (vlan === undefined ? "without a VLAN" : `of VLAN ${vlan}`);

/** The receiver hears no frame of this VLAN. */
export const otherVlan = ({ name }: Station, vlan: number | undefined): string =>
  `${name} does not hear frames ${vlanText(vlan)}`;
