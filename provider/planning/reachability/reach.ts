import type { Fabric, FabricUplink, FrameKind, Station, Switching } from "./fabric.ts";
import type { World } from "./scene.ts";
import { type Walk, walk } from "./walk.ts";

export interface Reach {
  /** `unknown`: it depends on what nobody has said. */
  readonly passes: "yes" | "no" | "unknown";
  /** What hands the frame on, in order; empty when nothing does, or when that is unknown. */
  readonly by: readonly Switching[];
  /** Why not, or on what it depends, in words. */
  readonly because: string;
}

export interface Question {
  readonly from: Station;
  readonly to: Station;
  readonly kind: FrameKind;
  /** The source address of the frame. Default: `from`'s. */
  readonly source?: string;
}

/** Something that nobody knows, and that a frame may depend on. */
interface Doubt {
  readonly about: string;
  /** The world with this doubt supposed to be so, or not. */
  suppose(world: World, so: boolean): World;
}

const same = (one: FabricUplink, other: FabricUplink): boolean => one.host === other.host && one.nic === other.nic;

const nameOf = ({ host, nic }: FabricUplink): string => `${nic} of ${host}`;

const doubtsOf = (fabric: Fabric, { from, to, kind }: Question): Doubt[] => {
  const near = fabric.uplinks.filter(({ host }) => host === from.host || host === to.host);
  const relays = near
    .filter(({ reflects }) => reflects === undefined)
    .map((uplink) => ({
      about: `whether the adjacent switch reflects on ${nameOf(uplink)}`,
      suppose: (world: World, so: boolean): World => ({
        ...world,
        reflects: (of) => (same(of, uplink) ? so : world.reflects(of)),
      }),
    }));
  const unplaced = near.filter(({ segment }) => segment === undefined);
  const networks =
    unplaced.length === 0 || near.length === 1
      ? []
      : [
          {
            about: `whether ${near.map(nameOf).join(" and ")} are in one network`,
            suppose: (world: World, so: boolean): World => ({
              ...world,
              connected: (one, other) =>
                one.segment === undefined || other.segment === undefined ? so : one.segment === other.segment,
            }),
          },
        ];
  const groups =
    kind === "multicast" && to.attachment.kind === "macvtap" && to.attachment.allMulticast === false
      ? [
          {
            about: `whether the group passes the filter of ${to.name}, which has no allMulticast`,
            suppose: (world: World, so: boolean): World => ({ ...world, hashLetsPass: so }),
          },
        ]
      : [];
  return [...relays, ...networks, ...groups];
};

/** Every way that the doubts can turn out, with the doubts that were supposed to be so. */
const worldsOf = (fabric: Fabric, doubts: readonly Doubt[]): World[] =>
  doubts.reduce<World[]>(
    (worlds, doubt) => worlds.flatMap((world) => [doubt.suppose(world, false), doubt.suppose(world, true)]),
    [
      {
        fabric,
        reflects: ({ reflects }) => reflects === true,
        connected: (one, other) => one.segment === other.segment,
        hashLetsPass: true,
      },
    ],
  );

const ended = ({ ends }: Walk): string => [...new Set(ends)].join("; ") || "nothing on its way knows the receiver";

/**
 * Whether a frame of one station reaches another one that has made itself known (a VM that has sent anything: ARP, a neighbour
 * solicitation), and what hands it on. Pure. What nobody knows is supposed both ways: where that makes a difference, the answer
 * is `unknown`.
 */
export const reach = (fabric: Fabric, question: Question): Reach => {
  const { from, to, kind, source = from.mac } = question;
  const follow = (world: World): Walk => walk(world, { kind, from, to, source });
  const doubts = doubtsOf(fabric, question);
  const outcomes = worldsOf(fabric, doubts).map(follow);
  const [first] = outcomes;
  if (first === undefined) throw new Error("there is always one world");
  const passes = (outcome: Walk): boolean => outcome.arrivals.length > 0;
  if (outcomes.every((outcome) => passes(outcome) === passes(first))) {
    const ways = outcomes.map(({ arrivals }) => arrivals[0]?.join(" ") ?? "");
    const by = new Set(ways).size === 1 ? (first.arrivals[0] ?? []) : [];
    return passes(first) ? { passes: "yes", by, because: "" } : { passes: "no", by: [], because: ended(first) };
  }
  const matter = doubts.filter((doubt) => {
    const others = doubts.filter((each) => each !== doubt);
    return worldsOf(fabric, others).some(
      (world) => passes(follow(doubt.suppose(world, true))) !== passes(follow(doubt.suppose(world, false))),
    );
  });
  return { passes: "unknown", by: [], because: `it depends on ${matter.map(({ about }) => about).join(", and on ")}` };
};
