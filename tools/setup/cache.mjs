import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** Where what is fetched and built is kept, outside of the tree. */
export function cacheFolder() {
  const { PULUMI_KVM_NETWORK_CACHE: own, XDG_CACHE_HOME: xdg } = process.env;
  return own || join(xdg || join(homedir(), ".cache"), "pulumi-kvm-network");
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** Removes what killed set-ups began. */
function sweep(folder) {
  for (const entry of readdirSync(folder)) {
    const pid = /\.making-(\d+)$/.exec(entry)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) rmSync(join(folder, entry), { recursive: true, force: true });
  }
}

/**
 * A folder of the cache, made on first use: `make` fills a folder of another name, which is then renamed. A kill leaves no half
 * folder under the right name, and of two set-ups at a time the first one's folder stays.
 */
export async function cached(name, make) {
  const folder = cacheFolder();
  const place = join(folder, name);
  if (existsSync(place)) return place;
  mkdirSync(folder, { recursive: true });
  sweep(folder);
  const making = `${place}.making-${process.pid}`;
  mkdirSync(making);
  try {
    await make(making);
    try {
      renameSync(making, place);
    } catch (error) {
      if (!existsSync(place)) throw error;
    }
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return place;
}
