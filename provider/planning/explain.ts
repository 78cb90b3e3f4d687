import type { Plan, Verdict } from "./plan.ts";
import type { Rejection } from "./rule.ts";

const line = ({ candidate, taken, rejections }: Verdict): string => {
  const what = `${candidate.mode} by ${candidate.title}`;
  if (taken) return `taken: ${what}`;
  if (rejections.length === 0) return `possible, at a higher cost: ${what}`;
  const why = rejections.map(({ rule, reason, remedy }) => `${reason} [${rule}]${remedy ? `; ${remedy}` : ""}`);
  return `rejected: ${what}: ${why.join("; and ")}`;
};

/** Every candidate, taken or rejected, and why: one line each, the taken one first. */
export const explain = ({ verdicts }: Plan): string[] =>
  [...verdicts].sort((a, b) => Number(b.taken) - Number(a.taken)).map(line);

export interface Refusal {
  readonly property: string;
  readonly reason: string;
}

/** Rejections that only say that this is another way than the one asked for. */
const structural = new Set(["mode-asked", "bridge-type"]);

/**
 * Why nothing serves, told on the input that a person would change: the candidates that are what was asked for first, then
 * all others.
 */
export const refusal = (plan: Plan): Refusal => {
  const nearest = (own: Verdict["rejections"]) => own.filter(({ rule }) => structural.has(rule)).length;
  const ordered = [...plan.verdicts].sort((a, b) => nearest(a.rejections) - nearest(b.rejections));
  const first: (Rejection & { rule: string }) | undefined =
    ordered[0]?.rejections.find(({ rule }) => !structural.has(rule)) ?? ordered[0]?.rejections[0];
  return {
    property: first?.property ?? "mode",
    reason: `no realization serves this request:\n${ordered.map((verdict) => `  - ${line(verdict)}`).join("\n")}`,
  };
};
