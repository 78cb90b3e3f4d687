import { fabricOf, type Reach, reachability, type SegmentOf, talk } from "../../provider/planning/index.ts";
import type { Change, ReviewedInterface } from "./read-preview.ts";

type Passes = Reach["passes"];

/** Two VMs, and whether they can talk. */
export interface Pair {
  readonly one: string;
  readonly other: string;
  /** Missing when one of them is new. */
  readonly before?: Passes;
  readonly after: Passes;
  /** Why not, or on what it depends, after the update. */
  readonly because: string;
}

export interface Review {
  readonly changes: readonly Change[];
  /** Pairs that were there before and are after, of which the answer changes. */
  readonly changed: readonly Pair[];
  /** All pairs after the update: those with VMs that are new included. */
  readonly after: readonly Pair[];
  /** VMs of which nothing can be said: their realization is not known yet. */
  readonly missing: readonly string[];
}

const talks = (interfaces: readonly ReviewedInterface[], segmentOf: SegmentOf | undefined) => {
  const { fabric } = fabricOf(interfaces, segmentOf);
  const byPair = new Map(reachability(fabric).map((pair) => [`${pair.from} ${pair.to}`, pair]));
  return (one: string, other: string): ReturnType<typeof talk> | undefined => {
    const [there, back] = [byPair.get(`${one} ${other}`), byPair.get(`${other} ${one}`)];
    return there && back && talk(there, back);
  };
};

const present = <Value>(value: Value | undefined): value is Value => value !== undefined;

/** Who can talk to whom before and after, of a preview's changes. */
export const compare = (changes: readonly Change[], segmentOf?: SegmentOf): Review => {
  const before = talks(changes.map((change) => change.before).filter(present), segmentOf);
  const after = talks(changes.map((change) => change.after).filter(present), segmentOf);
  const names = changes.filter((change) => change.after !== undefined).map(({ name }) => name);
  const pairs = names.flatMap((one, index) =>
    names.slice(index + 1).flatMap((other) => {
      const now = after(one, other);
      if (now === undefined) return [];
      const once = before(one, other);
      return [{ one, other, ...(once && { before: once.passes }), after: now.passes, because: now.because }];
    }),
  );
  return {
    changes,
    changed: pairs.filter((pair) => pair.before !== undefined && pair.before !== pair.after),
    after: pairs,
    missing: changes.filter((change) => change.after === undefined && change.op !== "delete").map(({ name }) => name),
  };
};

/** A pair that must not be cut, and why it is; undefined while it is safe. */
export const cutOf = ({ after, changes }: Review, one: string, other: string): string | undefined => {
  for (const name of [one, other]) {
    const change = changes.find((each) => each.name === name);
    if (change === undefined) return `${name} is no VmInterface of this preview`;
    if (change.after === undefined)
      return change.op === "delete" ? `${name} is deleted` : `the realization of ${name} is not known yet`;
  }
  const isPair = (pair: Pair) => [pair.one, pair.other].sort().join() === [one, other].sort().join();
  const now = after.find(isPair);
  // What did not pass before is not cut by this.
  if (now === undefined || now.after === "yes" || now.before === now.after) return undefined;
  if (now.after === "no") return `${one} and ${other} do not reach each other: ${now.because}`;
  return `${one} and ${other} may not reach each other: ${now.because}`;
};
