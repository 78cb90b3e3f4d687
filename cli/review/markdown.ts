import type { Pair, Review } from "./compare.ts";
import type { Change, ReviewedInterface } from "./read-preview.ts";

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");

const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string[] => [
  `| ${heads.join(" | ")} |`,
  `|${heads.map(() => "---").join("|")}|`,
  ...rows.map((row) => `| ${row.map(cell).join(" | ")} |`),
  "",
];

const vlanText = (vlan: ReviewedInterface["vlan"]): string => {
  if (vlan === undefined) return "";
  if (typeof vlan === "number") return `, VLAN ${vlan}`;
  const { native, tagged } = vlan;
  return `, VLANs ${[...(native === undefined ? [] : [`${native} untagged`]), ...tagged].join(" ")}`;
};

const realizationOf = (of: ReviewedInterface | undefined): string =>
  of === undefined
    ? "–"
    : `${of.realization.kind} on ${of.realization.source} of ${of.host}${vlanText(of.vlan ?? of.vf?.vlan)}`;

const isDifferent = ({ before, after }: Change): boolean => realizationOf(before) !== realizationOf(after);

const words: Readonly<Record<Change["op"], string>> = { create: "new", delete: "removed", replace: "replaced" };

const realizations = ({ changes }: Review): string[] => {
  const different = changes.filter(isDifferent);
  if (different.length === 0) return ["No interface is realized differently.", ""];
  return table(
    ["interface", "", "before", "after", "because"],
    different.map(({ name, op, before, after }) => [
      `\`${name}\``,
      words[op] ?? op,
      realizationOf(before),
      after === undefined && op !== "delete" ? "not known yet" : realizationOf(after),
      after?.because.join(", ") ?? "",
    ]),
  );
};

const verdicts = { yes: "reaches", no: "does not reach", unknown: "may reach" } as const;

const effect = ({ before, after }: Pair): string =>
  after === "no" ? "**lost**" : after === "yes" ? "gained" : before === "yes" ? "**in doubt**" : "now in doubt";

const pairs = ({ changed }: Review): string[] => {
  if (changed.length === 0) return ["No two VMs, and no VM and host, gain or lose each other.", ""];
  return table(
    ["pair", "", "before", "after", "because"],
    changed.map((pair) => [
      `\`${pair.one}\` – \`${pair.other}\``,
      effect(pair),
      verdicts[pair.before ?? "unknown"],
      verdicts[pair.after],
      pair.because,
    ]),
  );
};

const unreached = ({ after, changes }: Review): string[] => {
  const names = new Set(changes.filter(({ before }) => before === undefined).map(({ name }) => name));
  const apart = after.filter(
    ({ one, other, after: now, withHost }) => now !== "yes" && !withHost && (names.has(one) || names.has(other)),
  );
  if (apart.length === 0) return [];
  return [
    "New interfaces, and whom they do not (or may not) reach:",
    "",
    ...apart.map((pair) => `- \`${pair.one}\` – \`${pair.other}\`: ${verdicts[pair.after]}: ${pair.because}`),
    "",
  ];
};

/** A review as Markdown, for a pull request. */
export const markdown = (review: Review, cuts: readonly string[]): string => {
  const { missing } = review;
  return [
    "## Network impact",
    "",
    ...(cuts.length === 0 ? [] : ["**Protected pairs are cut:**", "", ...cuts.map((cut) => `- ${cut}`), ""]),
    "### Who reaches whom",
    "",
    ...pairs(review),
    ...unreached(review),
    "### What is realized differently",
    "",
    ...realizations(review),
    ...(missing.length === 0
      ? []
      : [`Not known yet, so left out above: ${missing.map((name) => `\`${name}\``).join(", ")}.`, ""]),
  ].join("\n");
};
