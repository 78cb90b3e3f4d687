import type { Stack } from "../lab/stack.ts";
import {
  type CountConnections,
  type Cycle,
  cycle,
  type Operation,
  operations,
  type Run,
  type Setting,
} from "./cycle.ts";
import { median } from "./median.ts";

/** The two that are compared, measured one after the other. */
export interface Pair {
  readonly kvm: Cycle;
  readonly noOp: Cycle;
}

export interface Measured {
  readonly setting: Setting;
  readonly pairs: readonly Pair[];
}

export const nameOf = ({ parallel, checkpoints }: Setting): string =>
  `checkpoints ${checkpoints ? "on" : "off"}, ${parallel === undefined ? "default parallelism" : `--parallel ${parallel}`}`;

interface Stacks {
  readonly kvm: Stack;
  readonly noOp: Stack;
}

/** Pairs in turns, A B A B: whatever slows the machine for a while slows both of a pair. */
export const measurePairs = async (
  { kvm, noOp }: Stacks,
  setting: Setting,
  count: number,
  countConnections: CountConnections,
): Promise<Measured> => {
  const pairs: Pair[] = [];
  while (pairs.length < count) {
    const pair = {
      kvm: await cycle(kvm, setting, countConnections),
      noOp: await cycle(noOp, setting, countConnections),
    };
    pairs.push(pair);
    const seconds = operations.map(
      (operation) =>
        `${operation} ${pair.kvm[operation].seconds.toFixed(1)} s (${pair.noOp[operation].seconds.toFixed(1)})`,
    );
    console.log(`${nameOf(setting)}, pair ${pairs.length} of ${count}, in brackets the no-op's: ${seconds.join(", ")}`);
  }
  return { setting, pairs };
};

/** The median of something of this provider's runs. */
export const medianOf = ({ pairs }: Measured, operation: Operation, what: (run: Run) => number): number =>
  median(pairs.map(({ kvm }) => what(kvm[operation])));

/** The same of the no-op's. */
export const medianOfNoOp = ({ pairs }: Measured, operation: Operation, what: (run: Run) => number): number =>
  median(pairs.map(({ noOp }) => what(noOp[operation])));

/** The median of the pairs' ratios, not the ratio of the medians: each pair shared its minute of the machine. */
export const ratioOf = ({ pairs }: Measured, operation: Operation): number =>
  median(pairs.map(({ kvm, noOp }) => kvm[operation].seconds / noOp[operation].seconds));
