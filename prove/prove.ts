import fc from "fast-check";
import type { Lab } from "../lab/lab.ts";
import { closeHosts } from "../provider/host/open-host.ts";
import { reach } from "../provider/planning/index.ts";
import { build, type Standing } from "./build.ts";
import { Coverage } from "./coverage.ts";
import { exchange, type Observed } from "./exchange.ts";
import { allMeetings, type Topology, topologies } from "./topology.ts";

const surprise = ({ fabric }: Standing, observed: Observed): string | undefined => {
  const said = reach(fabric, observed);
  const passed = observed.copies > 0 ? "yes" : "no";
  if (said.passes === passed) return undefined;
  const { from, to, kind, source, copies } = observed;
  const spoof = source === from.mac ? "" : ` as ${source}`;
  return `${kind} ${from.name}${spoof} > ${to.name}: ${copies} came, foreseen: ${said.passes}${said.because && ` (${said.because})`}`;
};

/**
 * What the model foresaw wrongly where a topology stands. A computer under load loses a frame now and then: one that should have come
 * is sent once more. One that should not have come is enough.
 */
const surprisesIn = async (
  standing: Standing,
  topology: Topology,
  observed: readonly Observed[],
): Promise<string[]> => {
  const wrongIn = (all: readonly Observed[]) =>
    all.flatMap((each) => {
      const wrong = surprise(standing, each);
      return wrong === undefined ? [] : [{ wrong, isMissed: each.copies === 0 }];
    });
  const first = wrongIn(observed);
  if (!first.some(({ isMissed }) => isMissed)) return first.map(({ wrong }) => wrong);
  const second = wrongIn(await exchange(standing, topology));
  const again = new Set(second.map(({ wrong }) => wrong));
  return first.filter(({ wrong, isMissed }) => !isMissed || again.has(wrong)).map(({ wrong }) => wrong);
};

/** What the model foresaw wrongly of one topology. */
const surprises = async (lab: Lab, topology: Topology, coverage: Coverage): Promise<string[]> => {
  const built = await build(lab, topology);
  try {
    const found: string[] = [];
    for (const inverted of [false, true]) {
      const standing = await built.standing(inverted);
      const observed = await exchange(standing, topology);
      coverage.add(standing, observed);
      if (!inverted) coverage.addTopology(standing);
      found.push(...(await surprisesIn(standing, topology, observed)));
    }
    return found;
  } finally {
    await built.remove();
  }
};

export interface Proof {
  readonly coverage: Coverage;
  /** The smallest topology that was foreseen wrongly, in words; undefined: there was none. */
  readonly counterexample: string | undefined;
}

export interface ProofOptions {
  /** At least so many topologies. */
  readonly topologies: number;
  /** And as many more as it takes to try each kind of meeting so often. */
  readonly meetings: number;
  /** Of fast-check: the same topologies again. */
  readonly seed: number;
  /** Gets a line of progress now and then. */
  readonly say: (line: string) => void;
}

/**
 * After so many topologies coverage is looked at, and the lab is made anew: its hypervisors have interface indices for about ten
 * (lab/slot.ts), and beyond them the /dev/tapN of other labs.
 */
const batch = 8;

/** What a lab must have for it. */
const labSize = { hypervisors: 2, uplinks: allMeetings } as const;

/** Builds random topologies on labs, and holds what passes against what `reach` foresees. */
export const prove = async (
  startLab: (size: typeof labSize) => Promise<Lab>,
  { topologies: least, meetings, seed, say }: ProofOptions,
): Promise<Proof> => {
  const coverage = new Coverage();
  const propertyOn = (lab: Lab) =>
    fc.asyncProperty(topologies, async (topology) => {
      const wrong = await surprises(lab, topology, coverage);
      if (wrong.length === 0) return;
      say(`not as foreseen: ${wrong[0]}`);
      throw new Error(wrong.join("\n"));
    });
  for (let round = 0; coverage.topologies < least || coverage.least.count < meetings; round += 1) {
    const lab = await startLab(labSize);
    const outcome = await fc.check(propertyOn(lab), { numRuns: batch, seed: seed + round });
    closeHosts();
    await lab.down();
    say(`${coverage.topologies} topologies, ${coverage.pairs} pairs, ${coverage.frames} frames`);
    if (outcome.failed)
      return { coverage, counterexample: `${fc.stringify(outcome.counterexample)}\n${outcome.errorInstance}` };
  }
  return { coverage, counterexample: undefined };
};
