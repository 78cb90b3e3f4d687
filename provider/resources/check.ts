import type { z } from "zod";
import { hostFactsSchema } from "../schema/facts.ts";
import { printable } from "../schema/printable.ts";
import { resourceFields } from "../schema/resource.ts";
import { persistenceOf } from "./keep.ts";
import { markTaken, withKeptIdentity } from "./kept-identity.ts";
import { nicOfRef } from "./nic-of-ref.ts";
import type { CommonInputs, Failure, Properties, ResourceKind } from "./resource-kind.ts";
import { containsUnknown, UNKNOWN } from "./unknown.ts";

/** What a program hands over for check alone: they enter and do not leave, or each change of a fact would be a diff. */
const transient = new Set(["seed", "hostFacts", "hints"]);

export interface Checked {
  readonly inputs: Properties;
  readonly failures: readonly Failure[];
}

const failuresOf = (property: string, error: z.ZodError): Failure[] =>
  error.issues.map((issue) => ({
    property: [property, ...issue.path].map(String).join("."),
    reason: issue.message,
  }));

/** What was given may stand in either, however long and whatever a terminal would make of it. */
const shown = ({ property, reason }: Failure): Failure => ({
  property: printable(property, 200),
  reason: printable(reason, 2000),
});

const asProperties = (value: unknown): Properties =>
  typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};

/**
 * A resource that is about to change has unknown outputs for a moment; what links to it did not change. Of a link that is known
 * in part the rest is as it was, unless it names another NIC by now: then nothing is known of that.
 */
const settledLink = (value: unknown, before: unknown): unknown => {
  if (value === UNKNOWN) return before;
  if (!containsUnknown(value) || nicOfRef(value) !== nicOfRef(before)) return value;
  const known = asProperties(before);
  return Object.fromEntries(
    Object.entries(asProperties(value)).map(([key, each]) => [key, settledLink(each, known[key])]),
  );
};

/** Validates, fills in defaults and what is derived, and plans: no I/O, so that it can run in every preview. */
export const check = <Inputs extends CommonInputs, Outputs extends Properties>(
  kind: ResourceKind<Inputs, Outputs>,
  olds: Properties,
  news: Properties,
): Checked => {
  const failures: Failure[] = [];
  const unknown = new Set<string>();
  const values: Record<string, unknown> = {};
  const fields = { ...resourceFields, ...kind.fields };

  for (const [property, field] of Object.entries(fields)) {
    const isKnownLink = kind.links.includes(property) && olds[property] !== undefined;
    const value = isKnownLink ? settledLink(news[property], olds[property]) : news[property];
    if (containsUnknown(value)) {
      unknown.add(property);
      continue;
    }
    const parsed = (field as z.ZodType).safeParse(value);
    if (!parsed.success) failures.push(...failuresOf(property, parsed.error));
    else if (parsed.data !== undefined) values[property] = parsed.data;
  }
  for (const property of Object.keys(news)) {
    if (Object.hasOwn(fields, property) || transient.has(property) || news[property] === undefined) continue;
    const there = Object.keys(kind.fields).join(", ");
    failures.push({ property, reason: `${kind.kind} has no input ${property}; its inputs are ${there}` });
  }

  const facts = containsUnknown(news.hostFacts) ? undefined : hostFactsSchema.optional().safeParse(news.hostFacts).data;
  const seed = typeof news.seed === "string" ? news.seed : "";
  const completion = kind.complete({
    values: values as Partial<Inputs>,
    unknown,
    olds: withKeptIdentity(seed, olds),
    seed,
    facts,
    hints: asProperties(news.hints),
  });
  const settled = { ...values, ...completion.derived } as Partial<Inputs>;
  const lasts = kind.lasting?.applies(settled) === true;
  const persistence = lasts ? persistenceOf(values.persist, olds, facts) : { derived: {}, failures: [] };
  const asGiven = Object.fromEntries(
    Object.keys(fields)
      .filter((property) => news[property] !== undefined && !(property in values))
      .map((property) => [property, news[property]]),
  );
  return {
    inputs: { ...asGiven, ...values, ...completion.derived, ...persistence.derived },
    failures: [
      ...failures,
      ...completion.failures,
      ...persistence.failures,
      ...markTaken(seed, completion.derived.mark),
    ].map(shown),
  };
};
