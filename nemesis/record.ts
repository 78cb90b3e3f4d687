import type { NemesisHost } from "./host.ts";
import { differences, type Picture } from "./picture.ts";
import type { Chain } from "./program.ts";
import { argumentsOf, type Course, type Nemesis, type Operation, operations, programFor } from "./round.ts";

/** Pictures of a host at the beginning of each request, as long as it makes any. */
const look = async (host: NemesisHost): Promise<Picture[]> => {
  const seen: Picture[] = [];
  while (await host.reached()) {
    seen.push(await host.picture());
    await host.goOn();
  }
  return seen;
};

/**
 * Does each operation once without any fault: the steps that the hosts report, and what they are between one request and the next. That
 * is what a host may be where an operation ended early. `keep` is called behind each.
 */
export const record = async (
  nemesis: Nemesis,
  keep: (operation: Operation) => Promise<void> = async () => {},
): Promise<Course> => {
  const { hosts, stack } = nemesis;
  const pictures: Record<Operation | "begin", Picture[]> = { begin: [], create: [], update: [], destroy: [] };
  const steps = { create: new Map(), update: new Map(), destroy: new Map() } satisfies Record<
    Operation,
    Map<Chain, string[]>
  >;
  pictures.begin = await Promise.all(hosts.map((host) => host.picture()));
  const seen = pictures.begin.map((picture) => [picture]);
  for (const operation of operations) {
    await programFor(nemesis, operation);
    await Promise.all(hosts.map((host) => host.expect("requests")));
    const looking = hosts.map(look);
    await stack.must(argumentsOf(operation)).finally(() => Promise.all(hosts.map((host) => host.over())));
    const between = await Promise.all(looking);
    await Promise.all(hosts.map((host) => host.settled()));
    pictures[operation] = await Promise.all(hosts.map((host) => host.picture()));
    for (const [index, mine] of seen.entries())
      mine.push(...(between[index] ?? []), ...pictures[operation].slice(index, index + 1));
    for (const host of hosts) {
      const mine = await host.steps();
      const others: readonly string[] = steps[operation].get(host.chain) ?? mine;
      if (mine.length === 0 || mine.length !== others.length)
        throw new Error(`${operation}: ${host.name} reports ${mine.length} steps, another ${others.length}`);
      steps[operation].set(host.chain, mine);
    }
    await keep(operation);
  }
  for (const [index, begin] of pictures.begin.entries()) {
    const left = differences(begin, pictures.destroy[index] ?? new Map());
    if (left.length > 0) throw new Error(`an undisturbed life leaves ${left.join(", ")}`);
  }
  return { pictures, steps, seen };
};
