import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/** The engine's default: this many resources at a time. Source: pulumi, pkg/cmd/pulumi, default parallelism. */
const defaultParallelism = 4 * availableParallelism();

/**
 * With more resources at a time than that (`--parallel 64`) they come faster than they are made one by one: each round trip
 * then waits this long for others, and a fleet shares them. At the default the engine would only wait with it.
 */
const gatherMilliseconds = 50;

/** Long enough for the engine to have everything under way that it is going to have. */
const probeMilliseconds = 100;

/** Further apart than this they are no burst: a lone one never waits. */
const burstMilliseconds = 100;

/** Requests of this process that may gather and have no answer yet, whatever their host. */
let waiting = 0;
let askedAt = Number.NEGATIVE_INFINITY;
let probe: Promise<void> | undefined;
let isWide = false;
let isBurst = false;

const count = (change: number): void => {
  waiting += change;
  if (waiting > defaultParallelism) isWide = true;
};

/** Counts a request from when it is asked until it is answered. */
export const counted = async <Result>(answer: Promise<Result>): Promise<Result> => {
  const now = performance.now();
  isBurst = now - askedAt < burstMilliseconds;
  askedAt = now;
  count(1);
  try {
    return await answer;
  } finally {
    count(-1);
  }
};

/** How many the engine has under way is not told: the first burst is held back once, to see. */
export const gathered = async (): Promise<void> => {
  if (!isBurst) return;
  probe ??= sleep(probeMilliseconds);
  await probe;
  if (isWide) await sleep(gatherMilliseconds);
};
