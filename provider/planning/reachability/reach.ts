import { doubtsOf, worldsOf } from "./doubts.ts";
import type { Fabric, FrameKind, Station, Switching } from "./fabric.ts";
import type { World } from "./scene.ts";
import { tagsOf } from "./trunk-tags.ts";
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

const ended = ({ ends }: Walk): string => [...new Set(ends)].join("; ") || "nothing on its way knows the receiver";

const reachTagged = (fabric: Fabric, question: Required<Question>, tag: number | undefined): Reach => {
  const { from, to, kind, source } = question;
  const follow = (world: World): Walk => walk(world, { kind, from, to, source, tag });
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

/**
 * Whether a frame of one station reaches another one that has made itself known (a VM that has sent anything: ARP, a neighbour
 * solicitation), and what hands it on. Pure. What nobody knows is supposed both ways: where that makes a difference, the answer
 * is `unknown`. Behind a trunk a station sends in each of its VLANs: one that passes is enough.
 */
export const reach = (fabric: Fabric, { source, ...asked }: Question): Reach => {
  const question = { ...asked, source: source ?? asked.from.mac };
  const found: Reach[] = [];
  for (const tag of tagsOf(fabric, asked.from)) {
    const answer = reachTagged(fabric, question, tag);
    if (answer.passes === "yes") return answer;
    found.push(answer);
  }
  return (
    found.find(({ passes }) => passes === "unknown") ??
    found[0] ?? { passes: "no", by: [], because: `${asked.from.name} sends in no VLAN` }
  );
};
