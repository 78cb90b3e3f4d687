import { paint } from "./screen.ts";

const words = /("(?:[^"\\]|\\.)*"|`[^`]*`)|(\/\/.*$)|\b(import|from|const|for|of|new|await|as|in)\b/g;

/** A program for a terminal: strings and comments set off, a bar at its side. */
export const programText = (program: string): string =>
  program
    .trimEnd()
    .split("\n")
    .map((row) => {
      const text = row.replace(words, (whole, string, comment) =>
        paint(string !== undefined ? "green" : comment !== undefined ? "dim" : "cyan", whole),
      );
      return `${paint("dim", "│")} ${text}`;
    })
    .join("\n");

/** The lines that differ between two programs of the same length, with the line above. */
export const editText = (before: string, after: string): string => {
  const [olds, news] = [before.split("\n"), after.split("\n")];
  return news
    .flatMap((row, index) =>
      row === olds[index] ? [] : [paint("red", `- ${olds[index] ?? ""}`), paint("green", `+ ${row}`)],
    )
    .join("\n");
};
