/** The lines of a text that are there to their end: what is cut off in the middle of one would pass for another value. */
export const completeLines = (text: string): string[] => text.split("\n").slice(0, -1);
