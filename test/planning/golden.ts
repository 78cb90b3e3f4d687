import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";

/**
 * A text that is kept beside the test, letter by letter: what a person is told in many cases at once. UPDATE_GOLDEN=1 writes it anew,
 * to be read as a change like any other.
 */
export const isAsKept = (t: ExecutionContext, name: string, text: string): void => {
  const path = join(import.meta.dirname, "golden", `${name}.txt`);
  if (process.env.UPDATE_GOLDEN === "1") writeFileSync(path, text);
  t.deepEqual(text.split("\n"), readFileSync(path, "utf8").split("\n"));
};
