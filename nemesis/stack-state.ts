import { copyFile, readFile } from "node:fs/promises";
import { type Stack, stateFiles } from "../lab/stack.ts";

const isWhole = (text: string): boolean => {
  try {
    return JSON.parse(text) !== null;
  } catch {
    return false;
  }
};

/**
 * An engine that is killed while it writes its state can leave half of that: Pulumi's file backend does not put it in place as a whole. What an
 * operator does then is done, the state of before is put in its place (docs/reliability.md). Tells whether it was.
 */
export const mendState = async ({ backend }: Stack): Promise<boolean> => {
  const mended = stateFiles(backend).map(async (file) => {
    if (isWhole(await readFile(file, "utf8"))) return false;
    await copyFile(`${file}.bak`, file);
    return true;
  });
  return (await Promise.all(mended)).includes(true);
};
