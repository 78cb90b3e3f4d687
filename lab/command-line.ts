import { type ParseArgsOptionsConfig, parseArgs } from "node:util";

/** The options that a command was given. One that it does not know, or `--help`, shows `usage` and ends it. */
export const optionsOf = <const T extends ParseArgsOptionsConfig>(usage: string, options: T) => {
  const isAsked = process.argv.includes("--help");
  try {
    if (!isAsked) return parseArgs({ options }).values;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
  }
  console[isAsked ? "log" : "error"](`usage: ${usage}`);
  process.exit(isAsked ? 0 : 2);
};
