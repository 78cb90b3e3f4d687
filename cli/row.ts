import type { Paint } from "./paint.ts";

export interface Column {
  readonly text: string;
  readonly width: number;
  readonly paint?: Paint;
}

/** What a switch or a user named may hold a terminal's control sequences. */
const plain = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?");

/** Lines of whole words; a word that is longer than a line is cut. */
const wrap = (text: string, width: number): string[] => {
  const lines: string[] = [];
  let line = "";
  for (let word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = "";
    }
    for (; word.length > width; word = word.slice(width)) lines.push(word.slice(0, width));
    line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
};

/** One row of a table: its last text is wrapped, below its own beginning. */
export const row = (columns: readonly Column[], text: string, width: number): string => {
  const head = columns
    .map((column) => {
      const cell = plain(column.text).padEnd(column.width);
      return column.paint?.(cell) ?? cell;
    })
    .join("");
  const indent = columns.reduce((sum, column) => sum + Math.max(column.width, column.text.length), 0);
  return (head + wrap(plain(text), Math.max(20, width - indent)).join(`\n${" ".repeat(indent)}`)).trimEnd();
};
