import { type Fabric, type FrameKind, frameKinds } from "./fabric.ts";
import { type Reach, reach } from "./reach.ts";

/** What is foreseen of one ordered pair. */
export interface PairReach {
  readonly from: string;
  readonly to: string;
  readonly reach: Readonly<Record<FrameKind, Reach>>;
}

/** Every ordered pair of a fabric's stations. */
export const reachability = (fabric: Fabric): PairReach[] =>
  fabric.stations.flatMap((from) =>
    fabric.stations
      .filter((to) => to !== from)
      .map((to) => ({
        from: from.name,
        to: to.name,
        reach: {
          unicast: reach(fabric, { from, to, kind: frameKinds[0] }),
          broadcast: reach(fabric, { from, to, kind: frameKinds[1] }),
          multicast: reach(fabric, { from, to, kind: frameKinds[2] }),
        },
      })),
  );

/**
 * Whether two stations can talk, whichever begins: broadcasts (ARP) and unicast pass both ways. `unknown` when one of these is and
 * none is lost.
 */
export const talk = (there: PairReach, back: PairReach): Pick<Reach, "passes" | "because"> => {
  const needed = [there, back].flatMap(({ reach: { broadcast, unicast } }) => [broadcast, unicast]);
  const decisive = needed.find(({ passes }) => passes === "no") ?? needed.find(({ passes }) => passes === "unknown");
  return decisive ?? { passes: "yes", because: "" };
};
