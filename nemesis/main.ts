import { parseArgs } from "node:util";
import { takeDown } from "../lab/down.ts";
import { createLab } from "../lab/lab.ts";
import { createStack } from "../lab/stack.ts";
import { faults } from "./faults.ts";
import { NemesisHost } from "./host.ts";
import { hostsFile } from "./program.ts";
import { record } from "./record.ts";
import { type Breach, type Case, caseName, type Nemesis, operate, operations } from "./round.ts";

const { values } = parseArgs({
  options: {
    hosts: { type: "string", default: "4" },
    part: { type: "string", default: "1/1" },
    replay: { type: "string" },
  },
});
const name = `nemesis-${process.pid}`;

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => takeDown(name).finally(() => process.exit(1)));

/** Every step × every fault, or each Mth of them from the Kth on. */
const chosen = (all: readonly Case[]): Case[] => {
  if (values.replay !== undefined) return all.filter((each) => caseName(each) === values.replay);
  const [first = 1, of = 1] = values.part.split("/").map(Number);
  return all.filter((_, index) => index % of === first - 1);
};

/** Those of one operation, a few at a time: faults that end the engine strike all hosts, so they go together. */
const roundsOf = (cases: readonly Case[], hosts: number): (Case | undefined)[][] => {
  const rounds: (Case | undefined)[][] = [];
  for (const endsEngine of [false, true]) {
    const left = cases.filter(({ fault }) => (fault.endsEngine === true) === endsEngine);
    while (left.length > 0) {
      const round = left.splice(0, hosts);
      rounds.push(Array.from({ length: hosts }, (_, index) => round[index]));
    }
  }
  return rounds;
};

const report = (breaches: readonly Breach[]): void => {
  for (const { of, host, what } of breaches)
    console.log(`BREACH ${caseName(of)} on ${host} (replay: npm run nemesis -- --replay ${caseName(of)})\n${what}\n`);
};

const run = async (nemesis: Nemesis): Promise<void> => {
  const began = performance.now();
  const minutes = () => ((performance.now() - began) / 60_000).toFixed(1);
  const course = await record(nemesis);
  for (const operation of operations) console.log(`${operation}: ${course.steps[operation].length} steps`);
  const all = operations.flatMap((operation) =>
    course.steps[operation].flatMap((_, index) => faults.map((fault): Case => ({ operation, step: index + 1, fault }))),
  );
  const cases = chosen(all);
  console.log(`${all.length} steps × faults, of which ${cases.length} are tried`);
  const hosts = nemesis.hosts.length;
  const rounds = operations.map((operation) =>
    roundsOf(
      cases.filter((each) => each.operation === operation),
      hosts,
    ),
  );
  const breaches: Breach[] = [];
  let tried = 0;
  for (let cycle = 0; cycle < Math.max(...rounds.map(({ length }) => length)); cycle += 1) {
    for (const [index, operation] of operations.entries()) {
      const round = rounds[index]?.[cycle] ?? Array.from({ length: hosts }, () => undefined);
      const found = await operate(nemesis, course, operation, round);
      tried += round.filter((each) => each !== undefined).length;
      report(found);
      breaches.push(...found);
      const names = round.flatMap((each) => (each === undefined ? [] : [caseName(each)]));
      console.log(
        `${minutes()} min: ${tried} of ${cases.length} tried, ${breaches.length} breaches (${names.join(", ")})`,
      );
      // What one leaves would be the next one's breach.
      if (found.length > 0) return conclude(cases.length, tried, breaches);
    }
  }
  conclude(cases.length, tried, breaches);
};

const conclude = (of: number, tried: number, breaches: readonly Breach[]): void => {
  console.log(`${tried} of ${of} cases tried, ${breaches.length} breaches`);
  process.exitCode = breaches.length === 0 && tried > 0 ? 0 : 1;
};

const lab = await createLab({ name, hypervisors: Number(values.hosts), uplinks: 3 });
try {
  const hosts = lab.hypervisors.map((hypervisor) => new NemesisHost(lab, hypervisor));
  await Promise.all(hosts.map((host) => host.prepare()));
  const stack = await createStack({
    project: "nemesis",
    program: "",
    files: { "hosts.json": hostsFile(lab.hypervisors) },
  });
  try {
    await run({ hosts, stack });
  } finally {
    await stack.remove();
  }
} finally {
  await lab.down();
}
