import { parseArgs } from "node:util";
import { takeDown } from "../lab/down.ts";
import { faults } from "./faults.ts";
import { Labs } from "./labs.ts";
import { type Breach, type Case, caseName, operate, operations, type Steps } from "./round.ts";
import { Rounds } from "./rounds.ts";

const { values } = parseArgs({
  options: {
    labs: { type: "string", default: "2" },
    hosts: { type: "string", default: "5" },
    part: { type: "string", default: "1/1" },
    replay: { type: "string" },
  },
});
const name = `nemesis-${process.pid}`;
const [hosts, labCount] = [Number(values.hosts), values.replay === undefined ? Number(values.labs) : 1];
const labs = new Labs(name, hosts);

for (const signal of ["SIGINT", "SIGTERM"])
  process.once(signal, () => Promise.all(labs.names.map(takeDown)).finally(() => process.exit(1)));

/** Every step × every fault, or each Mth of them from the Kth on. */
const chosen = (all: readonly Case[]): Case[] => {
  if (values.replay !== undefined) return all.filter((each) => caseName(each) === values.replay);
  const [first = 1, of = 1] = values.part.split("/").map(Number);
  return all.filter((_, index) => index % of === first - 1);
};

const began = performance.now();
const say = (text: string) => console.log(`${((performance.now() - began) / 60_000).toFixed(1)} min: ${text}`);

const breaches: Breach[] = [];
const tried: Case[] = [];
let rounds: Rounds | undefined;

/** The first lab to get here says what there is to try; each other has to have the same steps. */
const roundsOf = (steps: Steps): Rounds => {
  if (rounds !== undefined) return rounds;
  const all = operations.flatMap((operation) =>
    [...steps[operation]].flatMap(([chain, { length }]) => {
      console.log(`${chain}, ${operation}: ${length} steps`);
      return Array.from({ length }, (_, index) =>
        faults.map((fault): Case => ({ chain, operation, step: index + 1, fault })),
      ).flat();
    }),
  );
  const cases = chosen(all);
  console.log(`${all.length} steps × faults, of which ${cases.length} are tried`);
  rounds = new Rounds(cases);
  return rounds;
};

/** In one lab, operation by operation, as long as there is anything left to try. What a breach leaves would be the next one's: a new lab. */
const tryAll = async (): Promise<void> => {
  for (;;) {
    const { nemesis, course, close } = await labs.open();
    const left = roundsOf(course.steps);
    let isAsItWas = true;
    while (isAsItWas && left.count > 0)
      for (const operation of operations) {
        const round = left.next(
          operation,
          nemesis.hosts.map(({ chain }) => chain),
        );
        const found = await operate(nemesis, course, operation, round);
        const cases = round.filter((each) => each !== undefined);
        tried.push(...cases);
        breaches.push(...found);
        for (const { of, host, what } of found)
          console.log(
            `BREACH ${caseName(of)} on ${host} (replay: npm run nemesis -- --replay ${caseName(of)})\n${what}\n`,
          );
        say(`${tried.length} tried, ${breaches.length} breaches (${cases.map(caseName).join(", ")})`);
        isAsItWas = found.length === 0;
        if (!isAsItWas) break;
      }
    await close();
    if (left.count === 0) return;
  }
};

try {
  await Promise.all(Array.from({ length: labCount }, tryAll));
  for (const { name: fault } of faults)
    console.log(
      `${fault}: ${tried.filter((each) => each.fault.name === fault).length} tried, ` +
        `${breaches.filter((each) => each.of.fault.name === fault).length} breaches`,
    );
  console.log(`${tried.length} cases tried, ${breaches.length} breaches`);
  process.exitCode = breaches.length === 0 && tried.length > 0 ? 0 : 1;
} finally {
  await labs.close();
}
