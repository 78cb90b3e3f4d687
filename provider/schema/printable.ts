// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out.
const controls = /[\u0000-\u001f\u007f-\u009f]+/g;

/** Text of whatever origin as one line that a terminal only shows, and of a length that somebody reads. */
export const printable = (text: string, most: number): string => {
  const line = text.slice(0, most + 1).replace(controls, " ");
  return line.length <= most ? line : `${line.slice(0, most - 1)}…`;
};
