import { setTimeout as sleep } from "node:timers/promises";
import type { Stack } from "../lab/stack.ts";
import type { Fault } from "./faults.ts";
import type { NemesisHost } from "./host.ts";
import { differences, isOfGuard, type Picture, transactionPart } from "./picture.ts";
import { type Chain, program } from "./program.ts";
import { mendState } from "./stack-state.ts";

/** What the stack is brought to: it is made, changed, taken away. */
export const operations = ["create", "update", "destroy"] as const;
export type Operation = (typeof operations)[number];

/** One thing that is tried: what happens to a host at a step of an operation. */
export interface Case {
  readonly chain: Chain;
  readonly operation: Operation;
  /** From 1. */
  readonly step: number;
  readonly fault: Fault;
  /** Of that step. */
  readonly level: number;
}

/** What came of a round. */
export interface Outcome {
  readonly breaches: readonly Breach[];
  /** Cases that were not come to before the engine was ended by another. */
  readonly untried: readonly Case[];
  /** Whether the engine was ended while it wrote its state. */
  readonly halfWritten?: boolean;
}

export interface Breach {
  readonly of: Case;
  readonly host: string;
  readonly what: string;
}

export const caseName = ({ chain, operation, step, fault }: Case): string =>
  `${chain}:${operation}:${step}:${fault.name.replaceAll(" ", "-")}`;

/** The hosts and the stack that is run against them, with what they are before it and in each of its states. */
export interface Nemesis {
  readonly hosts: readonly NemesisHost[];
  readonly stack: Stack;
}

export interface Step {
  /** WHEN INDEX VERB … */
  readonly name: string;
  /** How many of the host's resources were deleted before: the engine deletes level by level, of all hosts. */
  readonly level: number;
}

/** The steps of each chain, by operation. */
export type Steps = Readonly<Record<Operation, ReadonlyMap<Chain, readonly Step[]>>>;

/** The pictures of each host between the operations, by what came last; and the steps of each operation. */
export interface Course {
  readonly pictures: Readonly<Record<Operation | "begin", readonly Picture[]>>;
  readonly steps: Steps;
  /** Of each host, all that it may be: between one request and the next. */
  readonly seen: readonly (readonly Picture[])[];
}

export const argumentsOf = (operation: Operation): string[] =>
  operation === "destroy" ? ["destroy", "--yes", "--skip-preview"] : ["up", "--yes", "--skip-preview"];

export const programFor = async ({ stack }: Nemesis, operation: Operation): Promise<void> => {
  if (operation !== "destroy") await stack.write("index.ts", program(operation === "create" ? "first" : "second"));
};

/**
 * Does an operation while faults strike, each host its own, looks what it leaves, and does it again without any: at most one thing
 * of a host is tried at a time. A host without a case is left alone; where none has one it is done, and nothing is looked at.
 */
export const operate = async (
  nemesis: Nemesis,
  course: Course,
  operation: Operation,
  cases: readonly (Case | undefined)[],
): Promise<Outcome> => {
  const { hosts, stack } = nemesis;
  await programFor(nemesis, operation);
  await Promise.all(hosts.map((host, index) => host.expect(cases[index]?.step)));
  if (cases.every((each) => each === undefined)) {
    await stack.must(argumentsOf(operation));
    return { breaches: [], untried: [] };
  }
  const breaches: Breach[] = [];
  const breach = (index: number, what: string) => {
    const [of, host] = [cases[index] ?? cases.find((each) => each !== undefined), hosts[index]];
    if (of !== undefined && host !== undefined) breaches.push({ of, host: host.name, what });
  };
  const running = stack
    .pulumi([...argumentsOf(operation), "--continue-on-error"])
    .finally(() => Promise.all(hosts.map((host) => host.over())));
  const heals = await strikeAll(nemesis, cases);
  const struck = await running;
  for (const [index, heal] of heals) {
    await heal().catch((error: unknown) => breach(index, String(error)));
  }
  await Promise.all(hosts.map((host) => host.release()));
  const endsEngine = cases.some((each) => each?.fault.endsEngine);
  // Behind an engine that is gone somebody may look what it left, or go on at once.
  const goesOnAtOnce = endsEngine && cases.some((each) => each !== undefined && Math.floor(each.step / 2) % 2 === 0);
  // What nothing could stop needs no second time, unless the host has forgotten it since.
  const restarted = cases.some((each) => each?.fault.restarts);
  const isDone = struck.status === 0 && !restarted;
  if (!goesOnAtOnce)
    await Promise.all(
      hosts.map((host, index) =>
        host.settled().catch(async (error: unknown) => breach(index, `${error}\n${await host.evidence()}`)),
      ),
    );
  const unreached = cases.flatMap((each, index) => (each === undefined || heals.has(index) ? [] : [each]));
  const untried = endsEngine && heals.size > 0 ? unreached : [];
  for (const each of untried.length > 0 ? [] : unreached)
    breach(cases.indexOf(each), `the step was not reached:\n${struck.stdout.slice(-2000)}`);

  const after = course.pictures[operation];
  for (const [index, host] of goesOnAtOnce || isDone ? [] : hosts.entries()) {
    const now = await host.picture();
    const seen = course.seen[index] ?? [];
    for (const part of unseen(now, seen))
      breach(
        index,
        `${part} is as at no time between two requests:\n${shown(now, part)}\nbut\n${variants(seen, part).join("\nor\n")}`,
      );
  }
  const halfWritten = endsEngine && (await mendState(stack));
  if (endsEngine) await stack.pulumi(["cancel", "--yes"]);
  const again = isDone ? struck : await stack.pulumi(argumentsOf(operation));
  if (again.status !== 0) {
    const said = `${again.stdout.slice(-3000)}${again.stderr.slice(-1000)}`;
    const index = blamed(hosts, again.stdout);
    breach(index, `the next ${operation} failed:\n${said}\n${await hosts[index]?.evidence()}`);
    return { breaches, untried, halfWritten };
  }
  const mayDiffer = (part: string): boolean =>
    operation !== "destroy" && (part === transactionPart || (restarted && isOfGuard(part)));
  for (const [index, host] of hosts.entries()) {
    const [wanted, now] = [after[index] ?? new Map(), await host.picture()];
    for (const part of differences(wanted, now))
      if (!mayDiffer(part))
        breach(
          index,
          `${part} is not as asked after ${isDone ? "this" : "the next"} ${operation}:\n${shown(now, part)}\nbut\n${shown(wanted, part)}`,
        );
  }
  if (operation !== "destroy") {
    const further = await stack.pulumi(["preview", "--refresh", "--expect-no-changes", "--diff"]);
    if (further.status !== 0)
      breach(blamed(hosts, further.stdout), `a further one is no "unchanged":\n${further.stdout.slice(-3000)}`);
  }
  return { breaches, untried, halfWritten };
};

/** The host that a text tells of. */
const blamed = (hosts: readonly NemesisHost[], text: string): number =>
  Math.max(
    0,
    hosts.findIndex(({ name, hypervisor }) => text.includes(`${name}-`) || text.includes(hypervisor.connection.host)),
  );

const shown = (picture: Picture, part: string): string => picture.get(part) ?? "gone";

const variants = (pictures: readonly Picture[], part: string): string[] => [
  ...new Set(pictures.map((each) => shown(each, part))),
];

/** Parts that are as in none of the pictures. */
const unseen = (now: Picture, pictures: readonly Picture[]): string[] =>
  [...new Set([now, ...pictures].flatMap((each) => [...each.keys()]))].filter(
    (part) => part !== transactionPart && !pictures.some((each) => each.get(part) === now.get(part)),
  );

/** The engine deletes level by level: who waits at a step keeps others from coming to theirs. */
const othersMilliseconds = 8000;

/**
 * Strikes each host when it has come to its step; where that ends the engine, all together that have come by then. What it gives back: how what
 * struck a host is over.
 */
const strikeAll = async (
  { hosts, stack }: Nemesis,
  cases: readonly (Case | undefined)[],
): Promise<ReadonlyMap<number, () => Promise<void>>> => {
  const heals = new Map<number, () => Promise<void>>();
  const coming = hosts.map(async (host, index) => cases[index] !== undefined && (await host.reached()));
  const first = Promise.any(coming.map(async (each) => (await each) || Promise.reject()));
  const othersToo = first.then(
    () => Promise.race([Promise.all(coming), sleep(othersMilliseconds)]),
    () => undefined,
  );
  const strike = async (host: NemesisHost, index: number): Promise<void> => {
    const { fault } = cases[index] ?? {};
    if (fault === undefined || !(await coming[index])) return;
    if (fault.endsEngine) await othersToo;
    heals.set(index, await fault.strike(host, stack.folder).catch((error: unknown) => () => Promise.reject(error)));
    await host.release();
  };
  await Promise.all(hosts.map(strike));
  return heals;
};
