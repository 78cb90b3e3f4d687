import { KvmNetworkError } from "../schema/error.ts";
import { compareVersions } from "../schema/libvirt-features.ts";

/**
 * The oldest iproute2 that knows all that is asked of it: JSON of links with details, and the isolation of a bridge's ports, which came
 * with Linux 4.18. Until 5.7 it tells the day that it was released instead of a version (include/SNAPSHOT.h).
 */
const oldest = { version: "4.18", day: 180813 };

/**
 * Refuses an iproute2 that is too old, before anything is read by it: it would leave out what it does not know.
 *
 * @param told As the facts have it: `6.1.0`, `ss180813`; anything else (none at all, busybox's) is judged by what it does.
 * @throws KvmNetworkError `tool-too-old`.
 */
export function checkIprouteVersion(host: string, told: string | null): void {
  const day = /^ss(\d{6})$/.exec(told ?? "")?.[1];
  const version = /^\d+\.\d+/.exec(told ?? "")?.[0];
  const isOld =
    (day !== undefined && Number(day) < oldest.day) ||
    (version !== undefined && compareVersions(version, oldest.version) < 0);
  if (!isOld) return;
  throw new KvmNetworkError(
    "tool-too-old",
    `${host}: its \`ip\` is iproute2 ${told}, and ${oldest.version} or newer is needed (\`ip -V\` there says so; until 5.7 by a day, ` +
      `ss${oldest.day} or later). Nothing was changed. Install a newer iproute2 on the host`,
  );
}
