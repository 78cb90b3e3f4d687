import { styleText } from "node:util";

export type Paint = (text: string) => string;
export type Palette = Readonly<Record<"bold" | "dim" | "green" | "yellow" | "red", Paint>>;

const none: Paint = (text) => text;

/** Colours for a terminal that has them and whose user did not ask for none (NO_COLOR); nothing elsewhere. */
export const paletteFor = (stream: NodeJS.WriteStream): Palette => {
  const isColoured = stream.isTTY && stream.hasColors();
  const paint = (format: keyof Palette): Paint =>
    isColoured ? (text) => styleText(format, text, { validateStream: false }) : none;
  return {
    bold: paint("bold"),
    dim: paint("dim"),
    green: paint("green"),
    yellow: paint("yellow"),
    red: paint("red"),
  };
};
