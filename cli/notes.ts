import { row } from "./row.ts";

export interface Note {
  readonly text: string;
  /** What would change it. */
  readonly remedy?: string | null;
}

/** Notes below tables: what is the same is told once, by its number. */
export class Notes {
  readonly #notes: Note[] = [];

  /** The number of a note, from 1. */
  numberOf(note: Note): number {
    const known = this.#notes.findIndex(({ text, remedy }) => text === note.text && remedy === note.remedy);
    return known >= 0 ? known + 1 : this.#notes.push(note);
  }

  /** Each note, and below it what would change it. */
  text(width: number): string {
    const indent = 5;
    return this.#notes
      .flatMap(({ text, remedy }, index) => [
        row([{ text: `(${index + 1})`, width: indent }], text, width),
        ...(remedy ? [row([{ text: "", width: indent }], `→ ${remedy}`, width)] : []),
      ])
      .join("\n");
  }
}
