import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { LabError } from "../lab/lab-error.ts";
import type { Stack } from "../lab/stack.ts";

const statisticsSchema = z.object({
  hosts: z.array(z.object({ roundTrips: z.number() })),
  cpuSeconds: z.number(),
});

/** One run of the engine. */
export interface Run {
  readonly seconds: number;
  /** Processor time of the process that runs the provider. */
  readonly cpuSeconds: number;
  /** To all hosts together, as the provider counts them. */
  readonly roundTrips: number;
  /** Connections that each host's sshd accepted. */
  readonly connections: readonly number[];
}

export interface Setting {
  /** `--parallel`; left out: the engine's default, four times the cores. */
  readonly parallel?: number;
  /** Save the state after each step, as the engine does unless told not to. */
  readonly checkpoints: boolean;
}

export const operations = ["up", "second up", "refresh", "destroy"] as const;
export type Operation = (typeof operations)[number];
export type Cycle = Readonly<Record<Operation, Run>>;

const argumentsOf: Readonly<Record<Operation, readonly string[]>> = {
  up: ["up"],
  "second up": ["up", "--expect-no-changes"],
  refresh: ["refresh", "--expect-no-changes"],
  destroy: ["destroy"],
};

const statisticsOfProvider = (file: string): Record<string, string> => ({
  NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ""} --import=${new URL("provider-statistics.ts", import.meta.url).href}`,
  KVM_BENCH_STATISTICS: file,
  KVM_BENCH_STATISTICS_MODULE: new URL("../dist/provider/host/statistics.js", import.meta.url).href,
});

/** What a run is measured with besides the clock: the connections that each host has accepted so far. */
export type CountConnections = () => readonly number[];

export const runOnce = async (
  stack: Stack,
  operation: Operation,
  { parallel, checkpoints }: Setting,
  countConnections: CountConnections,
): Promise<Run> => {
  const file = join(stack.folder, "statistics.json");
  rmSync(file, { force: true });
  const environment = { ...statisticsOfProvider(file), ...(checkpoints ? {} : { PULUMI_SKIP_CHECKPOINTS: "true" }) };
  // Without the preview, which would be the same work once more.
  const args = [...argumentsOf[operation], "--yes", "--skip-preview", "--suppress-progress"];
  if (parallel !== undefined) args.push("--parallel", String(parallel));
  const before = countConnections();
  const begun = performance.now();
  const { status, stdout, stderr } = await stack.pulumi(args, { environment });
  const seconds = (performance.now() - begun) / 1000;
  if (status !== 0)
    throw new LabError("lab_engine", `pulumi ${args.join(" ")} ended with ${status}:\n${stdout}${stderr}`);
  const { hosts, cpuSeconds } = statisticsSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  return {
    seconds,
    cpuSeconds,
    roundTrips: hosts.reduce((sum, { roundTrips }) => sum + roundTrips, 0),
    connections: countConnections().map((count, index) => count - (before[index] ?? 0)),
  };
};

/** Makes the stack's resources, looks at them twice, and removes them. */
export const cycle = async (stack: Stack, setting: Setting, countConnections: CountConnections): Promise<Cycle> => ({
  up: await runOnce(stack, "up", setting, countConnections),
  "second up": await runOnce(stack, "second up", setting, countConnections),
  refresh: await runOnce(stack, "refresh", setting, countConnections),
  destroy: await runOnce(stack, "destroy", setting, countConnections),
});
