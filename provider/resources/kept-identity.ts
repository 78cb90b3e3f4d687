import { keptMac, nameOfMark } from "./identity.ts";
import type { Failure, Properties } from "./resource-kind.ts";

/** What a resource is called on the host, and keeps whatever it is called in the program. */
const identifying = ["mark", "mac", "name", "target", "vfIndex"] as const;

/** By seed: as the last check with a state had it. */
const kept = new Map<string, Properties>();

/**
 * The olds of a check. A resource that is to be replaced is checked twice, the second time as if it were new: one that was
 * renamed before would then be called something else, and meet itself.
 */
export const withKeptIdentity = (seed: string, olds: Properties): Properties => {
  if (typeof olds.mark !== "string") return kept.get(seed) ?? olds;
  const decided: Properties = { ...olds, mac: keptMac(olds) };
  const identity = identifying.filter((property) => decided[property] !== undefined);
  kept.set(seed, Object.fromEntries(identity.map((property) => [property, decided[property]])));
  return olds;
};

/** By mark: the seed of the resource that has it. */
const marks = new Map<string, string>();

/** A mark is one resource's: the name of one that was renamed can't be given to another, which would take its things for its own. */
export const markTaken = (seed: string, mark: unknown): Failure[] => {
  if (typeof mark !== "string" || seed === "") return [];
  const owner = marks.get(mark) ?? seed;
  marks.set(mark, owner);
  if (owner === seed) return [];
  const reason =
    `two resources of this program are ${nameOfMark(mark)} on the host (${mark}): one was renamed, and another one has got ` +
    "its old name. Give the new one a name that was not used before";
  return [{ property: "mark", reason }];
};
