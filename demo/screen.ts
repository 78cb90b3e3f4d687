import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

/** As wide as text is set here: a terminal's usual 80 columns hold it. */
const width = 78;

/** Work shorter than this (milliseconds) needs no word about it. */
const quiet = 700;

const spinner = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/** Colours on a terminal alone, and not where NO_COLOR asks for none. */
export const paint = (style: Style, text: string): string =>
  styleText(style, text, { stream: process.stdout, validateStream: true });

/** What stands on the last line while something takes its time. */
let status: string | undefined;

let silent = false;

const write = (text: string): void => {
  if (!silent) process.stdout.write(text);
};

/** Nothing is shown any more: what is still under way when the demo is stopped has nothing to say. */
export function silence(): void {
  clearStatus();
  silent = true;
}

const clearStatus = () => {
  if (status !== undefined) write("\r\x1b[2K");
};

/** Prints a line, or several; what is under way moves down. */
export function line(text = ""): void {
  clearStatus();
  write(`${text}\n`);
  if (status !== undefined) write(status);
}

/** Breaks a text between words; `first` and `rest` are the indents of its first line and of the others. */
export function fold(text: string, first = 0, rest = first): string {
  const rows: string[] = [];
  let row = "";
  for (const word of text.split(" ")) {
    const indent = rows.length === 0 ? first : rest;
    if (row !== "" && indent + row.length + 1 + word.length > width) {
      rows.push(" ".repeat(indent) + row);
      row = word;
    } else row = row === "" ? word : `${row} ${word}`;
  }
  return [...rows, " ".repeat(rows.length === 0 ? first : rest) + row].join("\n");
}

let chapter = 0;

export function heading(title: string): void {
  chapter += 1;
  const text = `── ${chapter} · ${title} `;
  line();
  line(paint(["bold", "cyan"], text + "─".repeat(Math.max(0, width - text.length))));
}

export const say = (text: string): void => line(fold(text));

/** An aside. */
export const note = (text: string): void => line(paint("dim", fold(text, 2)));

/** Something that was looked at and found as it should be. */
export const checked = (text: string): void => line(`${paint("green", "✓")} ${fold(text, 0, 2)}`);

/** The command that is about to be run, as one would type it. */
export const command = (prompt: string, text: string): void => line(`${paint("dim", prompt)} ${paint("bold", text)}`);

/**
 * Does some work. Where that takes its time, says so as long as it does, and at the end how long it took; when `announced`,
 * what stands above says it already, and only a terminal shows that it goes on.
 */
export async function progress<Value>(what: string, work: () => Promise<Value>, announced = false): Promise<Value> {
  const started = performance.now();
  const seconds = () => `${Math.round((performance.now() - started) / 1000)} s`;
  const terminal = process.stdout.isTTY;
  let shown = false;
  const show = () => {
    if (performance.now() - started < quiet || (!terminal && (announced || shown))) return;
    shown = true;
    if (!terminal) return void write(paint("dim", `  ${what} … `));
    clearStatus();
    const turn = spinner[Math.floor((performance.now() - started) / 100) % spinner.length];
    status = paint("dim", `${turn} ${what} … ${seconds()}`);
    write(status);
  };
  const timer = setInterval(show, terminal ? 100 : quiet);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    clearStatus();
    status = undefined;
    if (shown && !announced) write(paint("dim", terminal ? `  ${what} … ${seconds()}\n` : `${seconds()}\n`));
  }
}
