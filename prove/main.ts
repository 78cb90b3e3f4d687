import { randomInt } from "node:crypto";
import { optionsOf } from "../lab/command-line.ts";
import { takeDown } from "../lab/down.ts";
import { createLab } from "../lab/lab.ts";
import { prove } from "./prove.ts";

const usage = "npm run prove [-- [--topologies N] [--seed N]]";
const values = optionsOf(usage, { topologies: { type: "string", default: "100" }, seed: { type: "string" } });
const [topologies, seed] = [Number(values.topologies), Number(values.seed ?? randomInt(2 ** 30))];
if (!Number.isInteger(topologies) || topologies < 1 || !Number.isInteger(seed)) {
  console.error(`usage: ${usage}`);
  process.exit(2);
}
const name = "prove";
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => takeDown(name).finally(() => process.exit(1)));

console.error(`seed ${seed}`);
const startLab = (size: { hypervisors: number; uplinks: number }) => createLab({ name, ...size, libvirt: false });
try {
  const { coverage, counterexample } = await prove(startLab, { topologies, meetings: 20, seed, say: console.error });
  console.error(coverage.report());
  if (counterexample !== undefined) {
    console.error(`Not as foreseen, seed ${seed}:\n${counterexample}`);
    process.exitCode = 1;
  }
} finally {
  await takeDown(name);
}
