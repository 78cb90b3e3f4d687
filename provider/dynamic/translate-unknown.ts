import { runtime } from "@pulumi/pulumi";
import type { Properties } from "../resources/resource-kind.ts";
import { UNKNOWN } from "../resources/unknown.ts";
import { KvmNetworkError } from "../schema/error.ts";

/** Facts are eight levels deep, and a connection as many as it has bastions. All that reads values calls itself for each level. */
const mostLevels = 100;

const mapValues = (value: unknown, leaf: (value: unknown) => unknown, level = 0): unknown => {
  if (level > mostLevels) {
    throw new KvmNetworkError("too-deep", `An input is nested in more than ${mostLevels} levels: no input needs that.`);
  }
  const mapped = leaf(value);
  if (mapped !== value) return mapped;
  if (Array.isArray(value)) return value.map((each) => mapValues(each, leaf, level + 1));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      // The wire takes no undefined.
      .filter(([, each]) => each !== undefined)
      .map(([key, each]) => [key, mapValues(each, leaf, level + 1)]),
  );
};

const isProperties = (value: unknown): value is Properties => typeof value === "object" && value !== null;

const translate = (value: unknown, leaf: (value: unknown) => unknown): Properties => {
  const mapped = mapValues(value, leaf);
  return isProperties(mapped) ? mapped : {};
};

/** The engine's sign for "not known yet" is a string that may stand anywhere; inside it is a symbol that no value can be. */
export const fromEngine = (value: unknown): Properties =>
  translate(value, (each) => (each === runtime.unknownValue ? UNKNOWN : each));

export const toEngine = (value: unknown): Properties =>
  translate(value, (each) => (each === UNKNOWN ? runtime.unknownValue : each));
