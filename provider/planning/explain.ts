import type { Capability } from "../schema/capability.ts";
import { isOnVf } from "./candidates.ts";
import type { Plan, Verdict } from "./plan.ts";

const line = ({ candidate, taken, rejections }: Verdict, givesUp: readonly Capability[] = []): string => {
  const what = `${candidate.mode} by ${candidate.title}`;
  if (taken) {
    return `taken: ${what} (cost ${candidate.cost})${givesUp.length === 0 ? "" : `; gives up ${givesUp.join(", ")}`}`;
  }
  if (rejections.length === 0) return `possible: ${what} (cost ${candidate.cost})`;
  const why = rejections.map(({ rule, reason, remedy }) => `${reason} [${rule}]${remedy ? `; ${remedy}` : ""}`);
  return `rejected: ${what}: ${why.join("; and ")}`;
};

/** Every candidate, taken or rejected, and why: one line each, the taken one first, with what it costs and gives up. */
export const explain = ({ verdicts, givesUp }: Plan): string[] =>
  [...verdicts].sort((a, b) => Number(b.taken) - Number(a.taken)).map((verdict) => line(verdict, givesUp));

export interface Refusal {
  readonly property: string;
  readonly reason: string;
}

/** Of another mode and for another type of bridge as well: it would not help to tell. */
const farOff = 3;

const weight = ({ rule, remedy }: Verdict["rejections"][number], { candidate, rejections }: Verdict): number => {
  if (rule === "mode-asked") return 2;
  if (rule !== "bridge-type") return 0;
  // Another type of bridge would not give it either, or it is a VF, which nobody asked for and something else speaks against.
  const isIdle = remedy === undefined || (isOnVf(candidate) && rejections.length > 1);
  return isIdle ? farOff : 1;
};

/** Rejections that only say that this is another way than the one asked for; the mode was asked for in so many words. */
const distance = (verdict: Verdict): number =>
  verdict.rejections.reduce((sum, rejection) => sum + weight(rejection, verdict), 0);

/** The verdict on the candidate that comes nearest to what was asked for: the one to tell of. */
export const nearestVerdict = ({ verdicts }: Plan): Verdict | undefined =>
  [...verdicts].sort((a, b) => distance(a) - distance(b))[0];

/**
 * Why nothing serves, told on the input that a person would change: the candidates that are what was asked for first, then
 * those that nearly are.
 */
export const refusal = (plan: Plan): Refusal => {
  const near = plan.verdicts.filter((verdict) => distance(verdict) < farOff);
  const ordered = [...near].sort((a, b) => distance(a) - distance(b));
  const structural = ({ rule }: { rule: string }) => rule === "mode-asked" || rule === "bridge-type";
  const first = ordered[0]?.rejections.find((rejection) => !structural(rejection));
  return {
    property: first?.property ?? "mode",
    reason: `no realization serves this request:\n${ordered.map((verdict) => `  - ${line(verdict)}`).join("\n")}`,
  };
};
