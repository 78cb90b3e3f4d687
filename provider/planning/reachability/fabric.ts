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
    }
  /** A tap, or anything else that is a port of a Linux bridge. */
  | { readonly kind: "port"; readonly bridge: string; readonly isolated?: boolean }
  /** The host's own stack on an uplink that is in no bridge, or on a bridge. */
  | { readonly kind: "host"; readonly on: string };

export interface Station {
  /** Unique. */
  readonly name: string;
  readonly host: string;
  readonly mac: string;
  readonly attachment: Attachment;
}

export interface FabricUplink {
  readonly host: string;
  readonly nic: string;
  /** The Linux bridge that it is a port of. */
  readonly bridge?: string;
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
    if (attachment.kind === "macvtap") return uplink.nic === attachment.uplink;
    return (uplink.bridge ?? uplink.nic) === (attachment.kind === "port" ? attachment.bridge : attachment.on);
  });

export const frameKinds = ["unicast", "broadcast", "multicast"] as const;
export type FrameKind = (typeof frameKinds)[number];

/** Where a frame was handed on: by a Linux bridge or between macvtaps on a host, or by the adjacent switch. */
export type Switching = "bridge" | "macvtap" | "switch";
