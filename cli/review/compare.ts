import { fabricOf, type Reach, reachability, talk } from "../../provider/planning/index.ts";
import type { Change, Networks, ReadPreview, ReviewedInterface } from "./read-preview.ts";

type Passes = Reach["passes"];

/** Two VMs, or a VM and a host's own stack, and whether they can talk. */
export interface Pair {
  readonly one: string;
  readonly other: string;
  readonly withHost: boolean;
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

const foresee = (interfaces: readonly ReviewedInterface[], networks: Networks) => {
  const { fabric } = fabricOf(interfaces, ({ host, nic }) => networks[`${host}/${nic}`], { hosts: true });
  const byPair = new Map(reachability(fabric).map((pair) => [`${pair.from} ${pair.to}`, pair]));
  return {
    hosts: fabric.stations.filter(({ attachment }) => attachment.kind === "host").map(({ name }) => name),
    talk: (one: string, other: string): ReturnType<typeof talk> | undefined => {
      const [there, back] = [byPair.get(`${one} ${other}`), byPair.get(`${other} ${one}`)];
      return there && back && talk(there, back);
    },
  };
};

const present = <Value>(value: Value | undefined): value is Value => value !== undefined;

/** Who can talk to whom before and after an update: VMs, and VMs and hosts. */
export const compare = ({ changes, networks }: ReadPreview): Review => {
  const before = foresee(changes.map((change) => change.before).filter(present), networks.before);
  const after = foresee(changes.map((change) => change.after).filter(present), networks.after);
  const names = changes.filter((change) => change.after !== undefined).map(({ name }) => name);
  const pairs = names.flatMap((one, index) =>
    [...names.slice(index + 1), ...after.hosts].flatMap((other): Pair[] => {
      const now = after.talk(one, other);
      if (now === undefined) return [];
      const once = before.talk(one, other);
      const told = { one, other, after: now.passes, because: now.because, withHost: after.hosts.includes(other) };
      return [{ ...told, ...(once && { before: once.passes }) }];
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
