/** As a host that reboots comes back: soon at first, then every few seconds. */
const firstMilliseconds = 250;
const longestMilliseconds = 5000;

/**
 * Milliseconds between an attempt to connect that failed and the next: between half and all of what its turn gives, so that many
 * who were cut off together don't come back together.
 *
 * @param chance From 0 up to 1, another one each time.
 */
export const dialPause = (attempt: number, chance: number): number =>
  Math.min(longestMilliseconds, firstMilliseconds * 2 ** (attempt - 1)) * (0.5 + chance / 2);
