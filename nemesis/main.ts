import { optionsOf } from "../lab/command-line.ts";
import { LabError } from "../lab/lab-error.ts";
import { chosen, everyCase } from "./cases.ts";
import { type Ground, Labs } from "./labs.ts";
import { machines } from "./machines.ts";
import { namespaces } from "./namespaces.ts";
import { type Breach, type Case, caseName, type Outcome, operate } from "./round.ts";
import { Rounds } from "./rounds.ts";

const values = optionsOf(
  "npm run nemesis [-- [--machines] [--labs N] [--hosts N] [--part K[-L]/M | --cases N | --replay CHAIN:OPERATION:STEP:FAULT]]",
  {
    machines: { type: "boolean", default: false },
    labs: { type: "string", default: "2" },
    hosts: { type: "string", default: "5" },
    part: { type: "string", default: "1/1" },
    cases: { type: "string" },
    replay: { type: "string" },
  },
);
const name = `nemesis-${process.pid}`;
const labKind = values.machines ? machines(values.replay?.split(":")[0]) : namespaces(Number(values.hosts));
const labCount = values.replay === undefined ? Number(values.labs) : 1;
const labs = new Labs(name, labKind);

let isEnded = false;
for (const signal of ["SIGINT", "SIGTERM"])
  process.once(signal, () => {
    isEnded = true;
    labs.close().finally(() => process.exit(1));
  });

const began = performance.now();
const say = (text: string) => console.log(`${((performance.now() - began) / 60_000).toFixed(1)} min: ${text}`);

const breaches: Breach[] = [];
const tried: Case[] = [];
let halfWritten = 0;

/** Of each ground of a lab. The first lab to get there says what there is to try; each other has to have the same steps. */
const rounds: Rounds[] = [];

const roundsOf = ({ course }: Ground): Rounds => {
  const all = everyCase(course.steps, labKind);
  const cases = chosen(all, values);
  console.log(`${all.length} steps × faults, of which ${cases.length} are tried`);
  return new Rounds(cases);
};

const tell = (cases: readonly Case[], found: readonly Breach[], seconds: number): void => {
  tried.push(...cases);
  breaches.push(...found);
  const command = `npm run nemesis -- ${values.machines ? "--machines " : ""}--replay`;
  for (const { of, host, what } of found)
    console.log(`BREACH ${caseName(of)} on ${host} (replay: ${command} ${caseName(of)})\n${what}\n`);
  const names = cases.map(caseName).join(", ");
  say(`${tried.length} tried, ${breaches.length} breaches (${names}: ${seconds.toFixed(0)} s)`);
};

/** One that could not be looked at to its end is a breach, not the end of all the others. */
const failure = (cases: readonly (Case | undefined)[], error: unknown): Outcome => {
  if (isEnded) throw error;
  const what = error instanceof Error ? `${error.stack}` : String(error);
  const struck = cases.filter((each) => each !== undefined);
  return { breaches: struck.map((of) => ({ of, host: "its host", what })), untried: [] };
};

/** False when a breach has left what none of the other cases may begin at. */
const tryOn = async (ground: Ground, left: Rounds): Promise<boolean> => {
  const { nemesis, course, putTo } = ground;
  const chains = nemesis.hosts.map(({ chain }) => chain);
  while (left.count > 0) {
    const rounds = left.take(chains, { followOneAnother: putTo === undefined });
    for (let round = rounds.shift(); round !== undefined; round = rounds.shift()) {
      const { operation, cases } = round;
      const begins = performance.now();
      await putTo?.(operation);
      const {
        breaches: found,
        untried,
        ...outcome
      } = await operate(nemesis, course, operation, cases).catch((error: unknown) => failure(cases, error));
      if (outcome.halfWritten) halfWritten += 1;
      left.putBack(untried);
      const done = cases.filter((each) => each !== undefined).filter((each) => !untried.includes(each));
      tell(done, found, (performance.now() - begins) / 1000);
      if (found.length > 0 && putTo === undefined) {
        left.putBack(rounds.flatMap((each) => each.cases));
        return left.count === 0;
      }
    }
  }
  return true;
};

/** In one lab after the other, as long as there is anything left to try. */
const tryAll = async (): Promise<void> => {
  for (let isOver = false; !isOver; ) {
    const { grounds, close } = await labs.open();
    isOver = true;
    for (const [index, make] of grounds.entries()) {
      if (rounds[index]?.count === 0) continue;
      const ground = await make();
      rounds[index] ??= roundsOf(ground);
      isOver &&= await tryOn(ground, rounds[index]);
    }
    await close();
  }
};

try {
  await Promise.all(Array.from({ length: labCount }, tryAll));
  for (const fault of new Set(tried.map((each) => each.fault.name)))
    console.log(
      `${fault}: ${tried.filter((each) => each.fault.name === fault).length} tried, ` +
        `${breaches.filter((each) => each.of.fault.name === fault).length} breaches`,
    );
  if (halfWritten > 0)
    console.log(
      `the engine had written half of its state when it was killed, ${halfWritten} times: that of before was put in place`,
    );
  console.log(`${tried.length} cases tried, ${breaches.length} breaches`);
  process.exitCode = breaches.length === 0 && tried.length > 0 ? 0 : 1;
} catch (error) {
  // What is under way fails as its lab goes.
  if (!isEnded) {
    if (!(error instanceof LabError)) throw error;
    console.error(error.message);
  }
  process.exitCode = 1;
} finally {
  await labs.close();
}
