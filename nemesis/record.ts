import type { NemesisHost } from "./host.ts";
import { differences, type Picture } from "./picture.ts";
import type { Chain } from "./program.ts";
import { argumentsOf, type Course, type Nemesis, type Operation, operations, programFor, type Step } from "./round.ts";

/** What a host is at the beginning of each request, as long as it makes any, and the level of that. */
const look = async (host: NemesisHost, level: () => number) => {
  const pictures: Picture[] = [];
  const levels: number[] = [];
  while (await host.reached()) {
    pictures.push(await host.picture());
    levels.push(level());
    await host.goOn();
  }
  return { pictures, levels };
};

/** Steps with the level of the request that they are of. */
const leveled = (names: readonly string[], levels: readonly number[]): Step[] => {
  let request = -1;
  return names.map((name) => {
    if (name.startsWith("before 0 ")) request += 1;
    return { name, level: levels[request] ?? 0 };
  });
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
    Map<Chain, Step[]>
  >;
  pictures.begin = await Promise.all(hosts.map((host) => host.picture()));
  const seen = pictures.begin.map((picture) => [picture]);
  for (const operation of operations) {
    await programFor(nemesis, operation);
    await Promise.all(hosts.map((host) => host.expect("requests")));
    let said = "";
    const deletedOf = ({ name }: NemesisHost) =>
      said.split(` ${name}-`).filter((each) => /^\S+ deleted/.test(each)).length;
    const looking = hosts.map((host) => look(host, () => deletedOf(host)));
    const onOutput = (text: string) => {
      said += text;
    };
    await stack.must(argumentsOf(operation), { onOutput }).finally(() => Promise.all(hosts.map((host) => host.over())));
    const between = await Promise.all(looking);
    await Promise.all(hosts.map((host) => host.settled()));
    pictures[operation] = await Promise.all(hosts.map((host) => host.picture()));
    for (const [index, mine] of seen.entries())
      mine.push(...(between[index]?.pictures ?? []), ...pictures[operation].slice(index, index + 1));
    for (const [index, host] of hosts.entries()) {
      const mine = leveled(await host.steps(), between[index]?.levels ?? []);
      const others: readonly Step[] = steps[operation].get(host.chain) ?? mine;
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
