import { type Ability, candidates, capabilityTable, conditionText } from "../provider/planning/index.ts";
import { capabilities } from "../provider/schema/capability.ts";
import type { RealizationKind } from "../provider/schema/realization.ts";
import { Notes } from "./notes.ts";
import { row } from "./row.ts";

const needWidth = 16;
const cellWidth = 21;

const cellText = (ability: Ability, notes: Notes): string =>
  typeof ability === "string" ? ability : `only if (${notes.numberOf({ text: conditionText[ability.onlyIf] })})`;

const cellsOf = (kind: RealizationKind) => (kind === "macvtap-endpoint" ? undefined : capabilityTable[kind]);

/** What each realization can do: needs down, realizations across, as many as fit. */
export const capabilityText = (width: number): string => {
  const kinds = candidates.map(({ kind }) => kind).filter((kind) => cellsOf(kind) !== undefined);
  const perTable = Math.max(1, Math.floor((width - needWidth) / cellWidth));
  const notes = new Notes();
  const lines: string[] = [];
  for (let first = 0; first < kinds.length; first += perTable) {
    const across = kinds.slice(first, first + perTable);
    const tableRow = (need: string, cells: readonly string[]) =>
      row([{ text: need, width: needWidth }, ...cells.map((text) => ({ text, width: cellWidth }))], "", width);
    lines.push(tableRow("needs", across));
    for (const need of capabilities) {
      const cells = across.map((kind) => cellsOf(kind)?.[need].ability ?? "no");
      lines.push(
        tableRow(
          need,
          cells.map((ability) => cellText(ability, notes)),
        ),
      );
    }
    lines.push("");
  }
  const driver = row(
    [{ text: "driver", width: 8 }],
    "the NIC and its driver decide: say what you know on the Uplink (assume)",
    width,
  );
  return `${lines.join("\n")}\n${notes.text(width)}\n${driver}\n`;
};
