import { setTimeout as sleep } from "node:timers/promises";
import type { NemesisHost } from "./host.ts";
import { differences, type Picture } from "./picture.ts";
import { argumentsOf, type Course, type Nemesis, type Operation, operations, programFor } from "./round.ts";

/** Pictures of a host at the beginning of each request, as long as it makes any. */
const look = async (host: NemesisHost, isOver: () => boolean): Promise<Picture[]> => {
  const seen: Picture[] = [];
  while (!isOver()) {
    if (host.hasReached()) {
      seen.push(await host.picture());
      host.goOn();
    }
    await sleep(20);
  }
  return seen;
};

/**
 * Does each operation once without any fault: the steps that the hosts report, and what they are between one request and the next. That
 * is what a host may be where an operation ended early.
 */
export const record = async (nemesis: Nemesis): Promise<Course> => {
  const { hosts, stack } = nemesis;
  const pictures: Record<Operation | "begin", Picture[]> = { begin: [], create: [], update: [], destroy: [] };
  const steps: Record<Operation, string[]> = { create: [], update: [], destroy: [] };
  pictures.begin = await Promise.all(hosts.map((host) => host.picture()));
  const seen = pictures.begin.map((picture) => [picture]);
  for (const operation of operations) {
    await programFor(nemesis, operation);
    for (const host of hosts) host.expect("requests");
    let isOver = false;
    const running = stack.must(argumentsOf(operation)).finally(() => {
      isOver = true;
    });
    const between = await Promise.all(hosts.map((host) => look(host, () => isOver)));
    await running;
    await Promise.all(hosts.map((host) => host.settled()));
    pictures[operation] = await Promise.all(hosts.map((host) => host.picture()));
    for (const [index, mine] of seen.entries())
      mine.push(...(between[index] ?? []), ...pictures[operation].slice(index, index + 1));
    const counts = hosts.map((host) => host.steps());
    const [first = []] = counts;
    if (first.length === 0) throw new Error(`${operation}: no host has reported a step`);
    const other = counts.find((each) => each.length !== first.length);
    if (other !== undefined)
      throw new Error(`${operation}: one host reports ${first.length} steps, another ${other.length}`);
    steps[operation] = first;
  }
  for (const [index, begin] of pictures.begin.entries()) {
    const left = differences(begin, pictures.destroy[index] ?? new Map());
    if (left.length > 0) throw new Error(`an undisturbed life leaves ${left.join(", ")}`);
  }
  return { pictures, steps, seen };
};
