/** A command as a line of shell that runs exactly it. */
export const quote = (argv: readonly string[]): string =>
  argv.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
