import { type Bound, holds } from "./bounds.ts";
import { operations } from "./cycle.ts";
import { type Measured, medianOf, medianOfNoOp, nameOf, ratioOf } from "./pairs.ts";
import { table } from "./table.ts";

const seconds = (value: number): string => `${value.toFixed(2)} s`;

/** Medians of every operation under one setting. */
export const settingTable = (measured: Measured): string => {
  const rows = operations.map((operation) => [
    operation,
    seconds(medianOf(measured, operation, (run) => run.seconds)),
    seconds(medianOfNoOp(measured, operation, (run) => run.seconds)),
    ratioOf(measured, operation).toFixed(2),
    seconds(medianOf(measured, operation, (run) => run.cpuSeconds)),
    seconds(medianOfNoOp(measured, operation, (run) => run.cpuSeconds)),
    medianOf(measured, operation, (run) => run.roundTrips).toFixed(0),
    medianOf(measured, operation, (run) => Math.max(...run.connections)).toFixed(0),
  ]);
  const head = ["", "time", "no-op", "ratio", "provider CPU", "no-op", "round trips", "connections a host"];
  return `${nameOf(measured.setting)} (medians of ${measured.pairs.length})\n${table([head, ...rows])}`;
};

export const boundTable = (bounds: readonly Bound[]): string =>
  table([
    ["bound", "measured", "at most", ""],
    ...bounds.map((bound) => [
      bound.what,
      bound.measured.toFixed(2),
      bound.atMost.toFixed(2),
      holds(bound) ? "ok" : "MISSED",
    ]),
  ]);
