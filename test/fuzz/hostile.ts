import { runtime } from "@pulumi/pulumi";
import fc from "fast-check";

/** Keys that every object has, and keys that mean something elsewhere. */
const awkwardKeys = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "length", "__provider", ""];

const awkwardText = fc.constantFrom(
  ...awkwardKeys,
  "$(id)",
  "'; reboot; '",
  "\"/><x y='",
  "]]>",
  "-batch",
  "../../etc/passwd",
  "eth1\n",
  "a\u0000b",
  "\u001b[31mred\u009b0m",
  "\ud800",
  "x\udfff",
  "\ufffe",
  "e\u0301",
  "NaN",
  "1e3",
  "0x10",
  " ",
  "veb",
  "bridge",
);

/** Text as nobody would write it. The engine hands over any string. */
export const hostileText = fc.oneof(
  { weight: 4, arbitrary: awkwardText },
  { weight: 4, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
  {
    weight: 2,
    arbitrary: fc.string({ unit: fc.constantFrom("\n", "'", '"', "<", "&", "\\", "=", "+", "a"), maxLength: 20 }),
  },
  { weight: 1, arbitrary: fc.integer({ min: 200, max: 30_000 }).map((length) => "x".repeat(length)) },
);

const number = fc.oneof(
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, -1, 0.5, 2 ** 53, 1e308),
  fc.integer({ min: -5, max: 70_000 }),
  fc.double(),
);

const nested = fc
  .tuple(fc.integer({ min: 2, max: 25 }), fc.constantFrom("proxy", "list", "__proto__"))
  .map(([depth, how]) => {
    let value: unknown = { host: "hv1" };
    for (let level = 0; level < depth; level += 1) {
      value =
        how === "list"
          ? [value]
          : Object.fromEntries([
              ["host", "hv1"],
              [how, value],
            ]);
    }
    return value;
  });

export const hostileKey = fc.oneof(fc.constantFrom(...awkwardKeys), fc.string({ unit: "binary", maxLength: 12 }));

/** Any value that can come from the engine, where anything else belongs. */
export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: hostileText },
  { weight: 4, arbitrary: number },
  { weight: 3, arbitrary: fc.constantFrom<unknown>(null, undefined, true, false, [], {}, [[]], [null]) },
  { weight: 3, arbitrary: fc.constant(runtime.unknownValue) },
  { weight: 2, arbitrary: fc.constant([runtime.unknownValue, { mac: runtime.unknownValue }]) },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.dictionary(hostileKey, hostileText, { maxKeys: 4 }) },
  { weight: 1, arbitrary: nested },
);

interface Mutation {
  /** Which of the places of the value. */
  readonly at: number;
  readonly how: "replace" | "add" | "remove";
  readonly key: string;
  readonly value: unknown;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat(200),
  how: fc.constantFrom("replace", "replace", "add", "remove"),
  key: hostileKey,
  value: hostileValue,
});

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/** Every place of a value that a key leads to, with the way there. */
const placesOf = (value: unknown, path: readonly string[] = []): (readonly string[])[] =>
  isObject(value)
    ? Object.entries(value).flatMap(([key, each]) => [[...path, key], ...placesOf(each, [...path, key])])
    : [];

const changed = (value: unknown, path: readonly string[], { how, key, value: given }: Mutation): unknown => {
  const [first, ...rest] = path;
  if (!isObject(value) || first === undefined) return value;
  const entries = Object.entries(value).flatMap(([name, each]): [string, unknown][] => {
    if (name !== first) return [[name, each]];
    if (rest.length > 0) return [[name, changed(each, rest, { at: 0, how, key, value: given })]];
    if (how === "remove") return [];
    return [[name, how === "replace" ? given : each]];
  });
  if (rest.length === 0 && how === "add") entries.push([key, given]);
  return Array.isArray(value) ? entries.map(([, each]) => each) : Object.fromEntries(entries);
};

const mutate = (value: unknown, mutation: Mutation): unknown => {
  const places = placesOf(value);
  return changed(value, places[mutation.at % Math.max(1, places.length)] ?? [], mutation);
};

/** What is plausible, with up to three places of it gone, of another kind, or more than there should be. */
export const mutated = <Value extends object>(plausible: fc.Arbitrary<Value>): fc.Arbitrary<Record<string, unknown>> =>
  fc
    .tuple(plausible, fc.array(mutation, { maxLength: 3 }))
    .map(([value, mutations]) => ({ ...(mutations.reduce(mutate, value) as object) }));
