import { LabError } from "../lab/lab-error.ts";
import type { Fault } from "./faults.ts";
import type { Chain } from "./program.ts";
import { type Case, caseName, operations, type Step, type Steps } from "./round.ts";

/** What happens at which steps. */
export interface Tried {
  readonly faults: (chain: Chain) => readonly Fault[];
  /**
   * Whether each step is. Else what is nearly the same is tried once: the end of one step and the beginning of the next one, and several
   * settings of the kernel's in a row.
   */
  readonly everyStep: boolean;
}

/** The steps that something happens at, from 1. */
const pausesOf = (steps: readonly Step[], { everyStep }: Tried): number[] => {
  const words = steps.map(({ name }) => name.split(" "));
  return words.flatMap(([when, index, verb], at) => {
    const isFollowed = words[at + 1]?.[0] === "before" && words[at + 1]?.[1] !== "0";
    const isOneMore = when === "before" && index !== "0" && verb === "set" && words[at - 1]?.[2] === "set";
    return !everyStep && ((when === "behind" && isFollowed) || isOneMore) ? [] : [at + 1];
  });
};

/** Every step × every fault. */
export const everyCase = (steps: Steps, tried: Tried): Case[] =>
  operations.flatMap((operation) =>
    [...steps[operation]].flatMap(([chain, all]) => {
      const pauses = pausesOf(all, tried);
      const levels = new Set(all.map(({ level }) => level)).size;
      console.log(
        `${chain}, ${operation}: ${all.length} steps, ${pauses.length} of them with a fault${levels > 1 ? `, in ${levels} levels` : ""}`,
      );
      return pauses.flatMap((step) => {
        const level = all[step - 1]?.level ?? 0;
        return tried.faults(chain).map((fault): Case => ({ chain, operation, step, fault, level }));
      });
    }),
  );

interface Choice {
  /** The name of the only one. */
  readonly replay?: string | undefined;
  /** Each Mth from the Kth on, or from each of several on: `K/M`, `K-L/M`. */
  readonly part: string;
  /** How many, evenly spread. */
  readonly cases?: string | undefined;
}

/** The only one of that name. An error says which there are. */
const replayed = (all: readonly Case[], name: string): Case[] => {
  const found = all.filter((each) => caseName(each) === name);
  if (found.length > 0) return found;
  const [chain, operation] = name.split(":");
  const alike = all.filter((each) => each.chain === chain && each.operation === operation);
  const shown = alike.length > 0 ? alike : all;
  const words = new Set(shown.map((each) => caseName({ ...each, step: 0 })));
  throw new LabError(
    "lab_usage",
    `--replay ${name}: there is none. With a step, ${shown[0]?.step} to ${shown.at(-1)?.step}, in place of 0: ${[...words].join(", ")}`,
  );
};

export const chosen = (all: readonly Case[], { replay, part, cases }: Choice): Case[] => {
  if (replay !== undefined) return replayed(all, replay);
  if (cases !== undefined) {
    const share = Number(cases) / all.length;
    return all.filter((_, index) => Math.floor((index + 1) * share) > Math.floor(index * share));
  }
  const found = /^(\d+)(?:-(\d+))?\/(\d+)$/.exec(part);
  if (found === null) throw new LabError("lab_usage", `--part ${part}: K/M or K-L/M is wanted`);
  const [, first, last = first, of] = found;
  const ofPart = (index: number) => (index % Number(of)) + 1;
  return all.filter((_, index) => Number(first) <= ofPart(index) && ofPart(index) <= Number(last));
};
