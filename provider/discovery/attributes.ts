import { completeLines } from "./complete-lines.ts";

/** Kernel attributes by path, as `grep -H` prints them: `/sys/class/net/eth0/speed:1000`. */
export type Attributes = ReadonlyMap<string, string>;

/** Splits at the first colon: the paths have none, since the kernel refuses it in a link's name. Other lines are skipped. */
export function parseAttributes(...texts: readonly string[]): Attributes {
  const attributes = new Map<string, string>();
  for (const line of texts.flatMap(completeLines)) {
    const colon = line.indexOf(":");
    if (line.startsWith("/") && colon > 0) attributes.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return attributes;
}

/** The attribute as a whole number; null when it is not there or not one. */
export function numberAttribute(attributes: Attributes, path: string): number | null {
  const text = attributes.get(path);
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : null;
}
