import { createHash } from "node:crypto";
import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * `npm test` looks in all that was shown for what must not be (tools/test/leaks.mjs): in a folder of the run, which this names. A
 * lab that nobody tests has none.
 */
const folder = process.env.KVM_NETWORK_LEAKS;

export const isLookedAt = folder !== undefined;

const shortest = 12;

/** A key or a password that no state, log or error may show, in whatever encoding; returned as it is. */
export const mustNotBeShown = (secret: string): string => {
  if (secret.length < shortest)
    throw new RangeError(`a secret of fewer than ${shortest} characters is found by chance`);
  if (folder !== undefined) {
    writeFileSync(join(folder, "secrets", createHash("sha256").update(secret).digest("hex")), secret);
  }
  return secret;
};

/** What somebody could read: `what` says where. */
export const wasShown = (what: string, text: string): void => {
  if (folder === undefined) return;
  appendFileSync(join(folder, "shown", String(process.pid)), `\n== ${what} ==\n${text}\n`);
};
