import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { identify } from "./process-identity.ts";

/**
 * A folder of the cache, made on first use: `make` fills one of another name, which is then renamed, so that a kill leaves no
 * half one, and of two processes that make it at once the first one's stays. Its name holds no dot: behind one stands the
 * number of who is making it.
 */
export async function madeOnce(place: string, make: (making: string) => Promise<void>): Promise<void> {
  if (existsSync(place)) return;
  removeUnfinished(dirname(place));
  const making = `${place}.${process.pid}`;
  mkdirSync(making, { recursive: true });
  try {
    await make(making);
    renameSync(making, place);
  } catch (error) {
    rmSync(making, { recursive: true, force: true });
    // The other process was faster.
    if (!existsSync(place)) throw error;
  }
}

/** What processes that were killed began. */
function removeUnfinished(parent: string): void {
  if (!existsSync(parent)) return;
  for (const entry of readdirSync(parent)) {
    const [, pid] = entry.split(".");
    if (pid !== undefined && identify(Number(pid)) === undefined)
      rmSync(join(parent, entry), { recursive: true, force: true });
  }
}
