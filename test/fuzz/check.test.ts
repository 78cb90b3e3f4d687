import { runtime } from "@pulumi/pulumi";
import test from "ava";
import fc from "fast-check";
import { handle } from "../../provider/dynamic/handle.ts";
import type { Difference } from "../../provider/resources/diff.ts";
import { KvmNetworkError } from "../../provider/schema/error.ts";
import { printable } from "../../provider/schema/printable.ts";
import { hold } from "./hold.ts";
import { hostileText, hostileValue, mutated } from "./hostile.ts";
import { type KindName, kinds, newsOf, password, withSeed } from "./kinds.ts";

interface Checked {
  readonly inputs: Record<string, unknown>;
  readonly failures: readonly { readonly property: string; readonly reason: string }[];
}

const check = async (kind: KindName, olds: object, news: object) =>
  (await handle(kind, "check", [olds, news])) as Checked;

const diff = async (kind: KindName, olds: object, news: object) =>
  (await handle(kind, "diff", ["id", olds, news])) as Difference;

const holdsUnknown = (value: unknown): boolean =>
  value === runtime.unknownValue ||
  (typeof value === "object" && value !== null && Object.values(value).some(holdsUnknown));

// biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal would obey them.
const unprintable = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;

const mostOfAReason = 2000;

/** A failure is about an input that the kind has or the program gave, and is a sentence that can be printed. */
const isOfUse = (kind: KindName, news: object, { property, reason }: Checked["failures"][number]): boolean => {
  const [of = ""] = property.split(".");
  const isGiven = Object.keys(news).some((key) => property === printable(key, 200));
  const isKnown = kinds[kind].fields.has(of) || of === "mark" || isGiven;
  return (
    isKnown &&
    reason.trim().length > 3 &&
    reason.length <= mostOfAReason &&
    property.length <= mostOfAReason &&
    !unprintable.test(reason) &&
    !unprintable.test(property) &&
    !/\[object |function |native code|Symbol\(/.test(reason) &&
    !reason.includes(password)
  );
};

/** What a program may give, the engine's and the package's own included. */
const isInput = (kind: KindName, name: string): boolean =>
  kinds[kind].fields.has(name) || [...transient, "__provider"].includes(name);

const transient = ["seed", "hostFacts", "hints"];

const untouched = JSON.stringify(Object.getOwnPropertyNames(Object.prototype).sort());

for (const kind of Object.keys(kinds) as KindName[]) {
  test(`${kind}: whatever it is given, check answers; what it takes is a state that the other operations take, and stays as it is`, async (t) => {
    let accepted = 0;
    await hold(t, `check ${kind}`, mutated(newsOf(kind)), async (given) => {
      const news = withSeed(given);
      const { inputs, failures } = await check(kind, {}, news);
      for (const failure of failures) t.true(isOfUse(kind, news, failure), `${JSON.stringify(failure).slice(0, 3000)}`);
      for (const key of Object.keys(news).filter((each) => news[each] !== undefined && !isInput(kind, each)))
        t.true(
          failures.some(({ property }) => property === printable(key, 200)),
          `nobody said that there is no ${key}`,
        );
      for (const name of [...transient, "__provider"]) t.false(Object.hasOwn(inputs, name));
      t.is(JSON.stringify(Object.getOwnPropertyNames(Object.prototype).sort()), untouched);
      if (failures.length > 0 || holdsUnknown(inputs)) return;
      accepted += 1;
      const parsed = kinds[kind].schema.safeParse(inputs);
      t.true(parsed.success, parsed.error?.message);
      const again = await check(kind, inputs, news);
      t.deepEqual(again, { inputs, failures: [] });
      t.deepEqual((await diff(kind, inputs, again.inputs)).changes, false);
    });
    t.log(`${accepted} of them accepted`);
    t.true(accepted > 0);
  });
}

const anyKind = fc.constantFrom(...(Object.keys(kinds) as KindName[]));
const ofAnyKind = <Value>(of: (kind: KindName) => fc.Arbitrary<Value>) =>
  anyKind.chain((kind) => of(kind).map((value) => ({ kind, value })));

test("whatever two inputs are compared, diff answers with properties of theirs", async (t) => {
  const pairs = ofAnyKind((kind) => fc.tuple(mutated(newsOf(kind)), mutated(newsOf(kind))));
  await hold(t, "diff", pairs, async ({ kind, value: [some, others] }) => {
    const [olds, news] = [await check(kind, {}, withSeed(some)), await check(kind, {}, withSeed(others))];
    for (const [from, to] of [
      [olds.inputs, news.inputs],
      [some, others],
    ] as const) {
      const { changes, replaces } = await diff(kind, from, to);
      t.true(changes === false || changes === undefined);
      t.true(replaces.every((property) => Object.hasOwn(from, property) || Object.hasOwn(to, property)));
    }
  });
});

test("a state that is none is refused in words before anything is done, by each operation that gets one", async (t) => {
  const states = ofAnyKind((kind) => fc.tuple(mutated(newsOf(kind)), hostileText, hostileValue));
  await hold(t, "state", states, async ({ kind, value: [{ mark: _made, ...state }, id, other] }) => {
    for (const [op, args] of [
      ["create", [state]],
      ["update", [id, other, state]],
      ["read", [id, state]],
      ["delete", [id, state]],
    ] as const) {
      const error = await t.throwsAsync(handle(kind, op, args), { instanceOf: KvmNetworkError, code: "bad-state" });
      t.regex(error?.message ?? "", new RegExp(`^${kind}: .+\\. .*update`, "s"));
      t.true((error?.message.length ?? 0) <= mostOfAReason);
      t.false(error?.message.includes(password));
    }
  });
});

test("an input that is nested without end is refused in words by each operation", async (t) => {
  let deep: object = { host: "hv1" };
  for (let level = 0; level < 3000; level += 1) deep = { host: "hv1", proxy: deep };
  for (const op of ["check", "diff", "create", "update", "read", "delete"]) {
    const given = { host: "hv1", nic: "eth1", mark: "m", connection: deep };
    const args = [...(["check", "create"].includes(op) ? [] : ["id"]), given, given];
    await t.throwsAsync(handle("Uplink", op, args), { code: "too-deep", message: /100 levels/ }, op);
  }
});

test("a kind or an operation that there is not is refused in words, also by a name that each object knows", async (t) => {
  for (const name of ["constructor", "__proto__", "toString", "Bridge"]) {
    await t.throwsAsync(handle(name, "check", [{}, {}]), { code: "unknown-kind" }, name);
    await t.throwsAsync(handle("Uplink", name, [{}, {}]), { instanceOf: KvmNetworkError, message: /no operation/ });
  }
});
