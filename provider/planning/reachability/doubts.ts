import { type Fabric, type FabricUplink, type FrameKind, type Station, uplinkOf } from "./fabric.ts";
import type { NicTrait, World } from "./scene.ts";

/** Something that nobody knows, and that a frame may depend on. */
export interface Doubt {
  readonly about: string;
  /** The world with this doubt supposed to be so, or not. */
  suppose(world: World, so: boolean): World;
}

interface Asked {
  readonly from: Station;
  readonly to: Station;
  readonly kind: FrameKind;
  readonly source: string;
}

const same = (one: FabricUplink, other: FabricUplink): boolean => one.host === other.host && one.nic === other.nic;

const nameOf = ({ host, nic }: FabricUplink): string => `${nic} of ${host}`;

const relaysOf = (near: readonly FabricUplink[]): Doubt[] =>
  near
    .filter(({ reflects }) => reflects === undefined)
    .map((uplink) => ({
      about: `whether the adjacent switch reflects on ${nameOf(uplink)}`,
      suppose: (world, so) => ({
        ...world,
        reflects: (of) => (same(of, uplink) ? so : world.reflects(of)),
      }),
    }));

const networksOf = (near: readonly FabricUplink[]): Doubt[] =>
  near.length === 1 || near.every(({ segment }) => segment !== undefined)
    ? []
    : [
        {
          about: `whether ${near.map(nameOf).join(" and ")} are in one network`,
          suppose: (world, so) => ({
            ...world,
            connected: (one, other) =>
              one.segment === undefined || other.segment === undefined ? so : one.segment === other.segment,
          }),
        },
      ];

const groupsOf = ({ kind, to }: Asked): Doubt[] =>
  kind === "multicast" && to.attachment.kind === "macvtap" && to.attachment.allMulticast === false
    ? [
        {
          about: `whether the group passes the filter of ${to.name}, which has no allMulticast`,
          suppose: (world, so) => ({ ...world, hashLetsPass: so }),
        },
      ]
    : [];

/** Bridges that are known to filter by their ports alone. */
const bridgesOf = ({ stations, uplinks }: Fabric, { from, to }: Asked): Doubt[] => {
  const bridges = stations
    .filter(({ host }) => host === from.host || host === to.host)
    .flatMap(({ host, attachment }) =>
      attachment.kind === "port" && attachment.vlan !== undefined ? [{ host, bridge: attachment.bridge }] : [],
    )
    .filter(({ host, bridge }) => uplinks.some((each) => each.host === host && each.bridge === bridge && !each.vlans));
  const names = [...new Set(bridges.map(({ host, bridge }) => `${bridge} of ${host}`))];
  return names.length === 0
    ? []
    : [
        {
          about: `whether the uplink of ${names.join(", and of ")} carries the VLANs of its ports`,
          suppose: (world, so) => ({ ...world, uplinksCarry: so }),
        },
      ];
};

const traitTexts: Readonly<Record<NicTrait, (nic: string) => string>> = {
  "host-to-vm": (nic) => `whether ${nic} hands frames on between its VFs and its host`,
  "host-to-host": (nic) => `whether ${nic}, while it has VFs, hands its host back what is for the host`,
  "to-bridge": (nic) => `whether ${nic} hands to its host what is for a VM on the host's bridge`,
  multicast: (nic) => `whether ${nic} hands its VFs the groups that their guests join`,
  "host-multicast": (nic) => `whether ${nic}, while it has VFs, hands its host the groups that are asked for`,
  spoofing: (nic) => `whether ${nic} lets a VF send with another's address`,
};

/** What of a NIC with VFs can matter to this frame, but for what was stated. */
const nicsOf = (fabric: Fabric, { from, to, kind, source }: Asked): Doubt[] => {
  const [near, far] = [uplinkOf(fabric, from), uplinkOf(fabric, to)];
  const [isOnVf, isForVf] = [from, to].map(({ attachment }) => attachment.kind === "vf");
  const doubts = (uplink: FabricUplink | undefined, traits: readonly NicTrait[]): Doubt[] =>
    uplink?.embedded === undefined
      ? []
      : traits
          .filter((trait) => !uplink.vfCapabilities?.some((capability) => capability === trait))
          .map((trait) => ({
            about: traitTexts[trait](nameOf(uplink)),
            suppose: (world, so) => ({
              ...world,
              lacks: new Set([...world.lacks].filter((each) => each !== trait).concat(so ? [] : [trait])),
            }),
          }));
  const own: NicTrait[] = isOnVf && source !== from.mac ? ["spoofing"] : [];
  const among: NicTrait[] =
    near !== far || (isOnVf && isForVf)
      ? []
      : isOnVf && to.attachment.kind === "port"
        ? ["to-bridge", "host-to-vm"]
        : isOnVf || isForVf
          ? ["host-to-vm"]
          : near?.returns === undefined && near?.bridge === undefined
            ? ["host-to-host"]
            : [];
  const groups: NicTrait[] = kind === "multicast" ? [isForVf ? "multicast" : "host-multicast"] : [];
  return [...doubts(near, [...own, ...among]), ...doubts(far, groups)];
};

/** All that nobody knows and that can matter to a frame. */
export const doubtsOf = (fabric: Fabric, asked: Asked): Doubt[] => {
  const near = fabric.uplinks.filter(({ host }) => host === asked.from.host || host === asked.to.host);
  return [
    ...relaysOf(near),
    ...networksOf(near),
    ...groupsOf(asked),
    ...bridgesOf(fabric, asked),
    ...nicsOf(fabric, asked),
  ];
};

/** Every way that the doubts can turn out. */
export const worldsOf = (fabric: Fabric, doubts: readonly Doubt[]): World[] =>
  doubts.reduce<World[]>(
    (worlds, doubt) => worlds.flatMap((world) => [doubt.suppose(world, false), doubt.suppose(world, true)]),
    [
      {
        fabric,
        reflects: ({ reflects }) => reflects === true,
        connected: (one, other) => one.segment === other.segment,
        hashLetsPass: true,
        uplinksCarry: true,
        lacks: new Set(),
      },
    ],
  );
