import type { DriverCapability } from "../../schema/capability.ts";
import type { Vlan, VlanList } from "../../schema/vlan.ts";

/**
 * Stations and what lies between them: all that decides whether a frame of one reaches another. Made from realizations (see
 * `fabricOf`), or written down by hand.
 */

/** How a VM, or a host itself, is attached. */
export type Attachment =
  | {
      readonly kind: "macvtap";
      readonly uplink: string;
      readonly mode: "bridge" | "vepa" | "private" | "passthrough";
      /** Default true. Without it, which groups are heard is left to a hash. */
      readonly allMulticast?: boolean;
      /** The filter of pepa is in place: private mode alone holds no unicast back. Default false. */
      readonly filtered?: boolean;
      /** It is on a VLAN link of the uplink. Left out: on the uplink itself. */
      readonly vlan?: number;
    }
  /** A tap, or anything else that is a port of a Linux bridge. With `vlan` the bridge filters VLANs. */
  | { readonly kind: "port"; readonly bridge: string; readonly isolated?: boolean; readonly vlan?: Vlan }
  /** A VF of the uplink, in the guest or below a macvtap of its own (`macvtap`). `vlan`: the NIC tags, and takes the tag off. */
  | { readonly kind: "vf"; readonly uplink: string; readonly vlan?: number; readonly macvtap?: boolean }
  /** The host's own stack on an uplink that is in no bridge, or on a bridge; with `vlan` on a VLAN link of it. */
  | { readonly kind: "host"; readonly on: string; readonly vlan?: number };

export interface Station {
  /** Unique. */
  readonly name: string;
  readonly host: string;
  readonly mac: string;
  readonly attachment: Attachment;
}

export interface BridgeVlans {
  /** The VLAN of a port that says nothing else; 0: none. */
  readonly defaultPvid: number;
  /** The VLAN that is untagged on the cable; 0: none. */
  readonly uplinkPvid: number;
  /** Those that are tagged on the cable. */
  readonly uplinkTagged: VlanList;
}

export interface FabricUplink {
  readonly host: string;
  readonly nic: string;
  /** The Linux bridge that it is a port of. */
  readonly bridge?: string;
  /** Of a bridge that filters VLANs. Left out: it does not, or nobody knows: see the `vlan` of its ports. */
  readonly vlans?: BridgeVlans;
  /** The NIC hands frames on between its VFs and its host itself (veb), or leaves it to the adjacent switch. Left out: it has no VFs. */
  readonly embedded?: "veb" | "vepa";
  /**
   * A NIC in veb hands its host back what the host sent by it. No bridge should (IEEE 802.1Q-2018, 8.6.1); QEMU's igb does. Left
   * out: nobody knows, and below a Linux bridge, which would not work so, it does not.
   */
  readonly returns?: boolean;
  /** What was stated of its VFs, of what depends on the NIC. */
  readonly vfCapabilities?: readonly DriverCapability[];
  /** The adjacent switch sends frames back out of the port they came in by. Left out: nobody knows. */
  readonly reflects?: boolean;
  /**
   * The layer-2 network behind it. Uplinks that name the same one reach each other, those that name different ones do not; left
   * out: nobody knows.
   */
  readonly segment?: string;
}

export interface Fabric {
  readonly uplinks: readonly FabricUplink[];
  readonly stations: readonly Station[];
}

/** What a station sends by; undefined for a port of a bridge without one. */
export const uplinkOf = ({ uplinks }: Fabric, { host, attachment }: Station): FabricUplink | undefined =>
  uplinks.find((uplink) => {
    if (uplink.host !== host) return false;
    if (attachment.kind === "macvtap" || attachment.kind === "vf") return uplink.nic === attachment.uplink;
    return (uplink.bridge ?? uplink.nic) === (attachment.kind === "port" ? attachment.bridge : attachment.on);
  });

export const frameKinds = ["unicast", "broadcast", "multicast"] as const;
export type FrameKind = (typeof frameKinds)[number];

/** Where a frame was handed on: by a Linux bridge or between macvtaps on a host, by a NIC's own switch, or by the adjacent one. */
export type Switching = "bridge" | "macvtap" | "nic" | "switch";
