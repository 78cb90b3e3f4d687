import type { Guest } from "../lab/guest.ts";
import { fabricOf, reachability, talk } from "../provider/planning/index.ts";
import type { Topology } from "./topology.ts";
import { addressOf } from "./vms.ts";

/** Who reached whom: `from>to` of every pair that did. */
export type Reachability = ReadonlySet<string>;

export const pair = (from: string, to: string): string => `${from}>${to}`;

/** A ping can get lost on a busy machine with emulated CPUs; one answer is proof, and only what lacks it is asked again. */
const rounds = 5;

/** Where frames between two VMs are switched. */
export type Path = "on the host" | "by the switch" | "reflected by the switch";

/** Of every ordered pair where its frames are switched, or why they do not pass. */
export type Foreseen = ReadonlyMap<string, { readonly path?: Path; readonly because: string }>;

/** What the product foresees, of what was made and of how the switch is set. */
export function foresee({ vms, reflecting }: Topology): Foreseen {
  // The lab's switch keeps eth1 and eth2 apart: two networks.
  const { fabric } = fabricOf(
    vms.map(({ planned }) => planned),
    ({ nic }) => nic,
  );
  const uplinks = fabric.uplinks.map((each) => ({ ...each, reflects: reflecting.has(`${each.host}/${each.nic}`) }));
  const pairs = new Map(reachability({ ...fabric, uplinks }).map((each) => [pair(each.from, each.to), each]));
  const hypervisorOf = new Map(vms.map(({ name, hypervisor }) => [name, hypervisor]));
  return new Map(
    [...pairs].map(([each, there]) => {
      const { from, to, reach } = there;
      const { passes, because } = talk(there, pairs.get(pair(to, from)) ?? there);
      if (passes !== "yes") return [each, { because }];
      const isNear = hypervisorOf.get(from) === hypervisorOf.get(to);
      const path = !reach.unicast.by.includes("switch")
        ? "on the host"
        : isNear
          ? "reflected by the switch"
          : "by the switch";
      return [each, { path, because }];
    }),
  );
}

export const expectedReach = (foreseen: Foreseen): Reachability =>
  new Set([...foreseen].flatMap(([each, { path }]) => (path === undefined ? [] : [each])));

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
export function differences(foreseen: Foreseen, measured: Reachability): string[] {
  return [...foreseen].flatMap(([each, { path, because }]) => {
    if ((path !== undefined) === measured.has(each)) return [];
    const [verb, why] =
      path === undefined ? ["should not reach but reaches", because] : ["should reach but does not reach", path];
    return [`${each.replace(">", ` ${verb} `)} (${why})`];
  });
}
