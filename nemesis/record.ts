import type { Picture } from "./host.ts";
import { program, resourceCount } from "./program.ts";
import { argumentsOf, type Course, type Nemesis, type Operation, operations, programFor } from "./round.ts";

/** What a stack is between one resource and the next, from nothing to nothing. */
const between: readonly string[] = [
  ...Array.from({ length: resourceCount }, (_, index) => program("first", index + 1)),
  ...Array.from({ length: resourceCount }, (_, index) => program("second", index + 1, "first")),
  ...Array.from({ length: resourceCount }, (_, index) => program("second", resourceCount - index - 1)),
];

/**
 * Does each operation without any fault, first at once, for the steps that the hosts report, then one resource at a time: what a host may
 * be when an operation ends early is what it was between two of them.
 */
export const record = async (nemesis: Nemesis): Promise<Course> => {
  const { hosts, stack } = nemesis;
  const look = (): Promise<Picture[]> => Promise.all(hosts.map((host) => host.picture()));
  const pictures: Record<Operation | "begin", Picture[]> = { begin: await look(), create: [], update: [], destroy: [] };
  const steps: Record<Operation, string[]> = { create: [], update: [], destroy: [] };
  for (const operation of operations) {
    await programFor(nemesis, operation);
    for (const host of hosts) host.expect();
    await stack.must(argumentsOf(operation));
    await Promise.all(hosts.map((host) => host.settled()));
    pictures[operation] = await look();
    const counts = hosts.map((host) => host.steps());
    const [first] = counts;
    if (first === undefined || first.length === 0) throw new Error(`${operation}: no host has reported a step`);
    const other = counts.find((each) => each.length !== first.length);
    if (other !== undefined)
      throw new Error(`${operation}: one host reports ${first.length} steps, another ${other.length}`);
    steps[operation] = first;
  }
  const seen = [pictures.begin, pictures.create, pictures.update];
  for (const each of between) {
    await stack.write("index.ts", each);
    await stack.must(argumentsOf("create"));
    seen.push(await look());
  }
  return { pictures, steps, seen: hosts.map((_, index) => seen.flatMap((each) => each[index] ?? [])) };
};
