import type { Step } from "../host/host.ts";

/* Whether a neighbour answers, by the kernel's own looking for it: no ping, no arping has to be installed. */

export const showNeighbour = (address: string, link: string): Step & { mayFail: true } => ({
  verb: "run",
  argv: ["ip", "neigh", "show", "to", address, "dev", link],
  mayFail: true,
});

/** Nobody has to look for these: it would be overwritten. */
export const isStatic = (shown: string): boolean => /\b(PERMANENT|NOARP)\b/.test(shown);

/** By what {@link showNeighbour} printed. */
export const answers = (shown: string): boolean => /\bREACHABLE\b/.test(shown) || isStatic(shown);

/**
 * Whether the kernel goes on looking for it, until it answers or is given up. Of one that has asked us itself before its answer came the kernel has
 * the address, and asks no more (STALE).
 */
export const isLookedFor = (shown: string): boolean => /\b(INCOMPLETE|DELAY|PROBE)\b/.test(shown);

/** Forgets what was known of one that is not static, and looks for it anew. */
export const lookForNeighbour = (address: string, link: string): (Step & { mayFail: true })[] => [
  { verb: "run", argv: ["ip", "neigh", "flush", "to", address, "dev", link], mayFail: true },
  // NTF_USE (net/core/neighbour.c): the kernel asks as if it had something to send.
  { verb: "run", argv: ["ip", "neigh", "replace", address, "dev", link, "use"], mayFail: true },
];
