import type { Guest } from "../lab/guest.ts";
import { pathBetween, type Topology } from "./topology.ts";
import { addressOf } from "./vms.ts";

/** Who reached whom: `from>to` of every pair that did. */
export type Reachability = ReadonlySet<string>;

export const pair = (from: string, to: string): string => `${from}>${to}`;

/** A ping can get lost on a busy machine with emulated CPUs; one answer is proof, and only what lacks it is asked again. */
const rounds = 5;

/** Every ordered pair that should reach each other, by the model. */
export const expectedReach = ({ vms, reflecting }: Topology): Reachability =>
  new Set(
    vms.flatMap((from) =>
      vms
        .filter((to) => to !== from && pathBetween(from, to, reflecting) !== undefined)
        .map((to) => pair(from.name, to.name)),
    ),
  );

/** Pings every ordered pair from inside the VMs, all of them at the same time. */
export async function measureReach(
  guests: readonly Guest[],
  names: readonly string[],
  expected: Reachability,
): Promise<Reachability> {
  const reached = new Set<string>();
  for (let round = 0; round < rounds; round += 1) {
    await Promise.all(
      guests.map(async (guest) => {
        const others = names.filter((name) => name !== guest.name && !reached.has(pair(guest.name, name)));
        const pings = others.map((name) => `(ping -q -c 1 -W 1 ${addressOf(name)} >/dev/null 2>&1 && echo ${name}) &`);
        const { stdout } = await guest.run(`${pings.join(" ")} wait`);
        for (const name of stdout.split("\n").filter((line) => names.includes(line)))
          reached.add(pair(guest.name, name));
      }),
    );
    if ([...expected].every((each) => reached.has(each))) break;
  }
  return reached;
}

/** What differs, in words; nothing when nothing does. */
export function differences(expected: Reachability, measured: Reachability): string[] {
  const say = (each: string, verb: string) => each.replace(">", ` ${verb} `);
  return [
    ...[...expected].filter((each) => !measured.has(each)).map((each) => say(each, "should reach but does not reach")),
    ...[...measured].filter((each) => !expected.has(each)).map((each) => say(each, "should not reach but reaches")),
  ];
}
