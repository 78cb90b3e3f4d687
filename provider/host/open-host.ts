import type { Connection } from "../schema/connection.ts";
import { routeOf } from "./hop.ts";
import type { Host } from "./host.ts";
import { Lane, type Target } from "./lane.ts";
import { resolveHop } from "./resolve-hop.ts";

const lanes = new Map<string, Lane>();

interface Resolved {
  /** One lane for all that is reached the same way. */
  readonly key: string;
  readonly target: Target;
}

/** Hundreds of resources ask for the same few: the SSH configuration is read for each connection, not for each of them. */
const resolved = new Map<string, Resolved>();

const resolve = (connection: Connection): Resolved => {
  const hop = resolveHop(connection);
  const sudo = connection.sudo ?? hop.user !== "root";
  return { key: `${routeOf(hop)}${sudo ? " sudo" : ""}`, target: { hop, sudo } };
};

/**
 * The host at an address: one connection and one lane for all who ask in this process, dialled at the first request. What
 * is given newer (credentials, a pinned key, limits) serves the next dial.
 *
 * @throws HostError when `~/.ssh/config` can't be followed. Everything else is said by the first request.
 */
export const openHost = (connection: Connection): Host => {
  const given = JSON.stringify(connection);
  const { key, target } = resolved.get(given) ?? resolve(connection);
  resolved.set(given, { key, target });
  const lane = lanes.get(key) ?? new Lane(target);
  lane.retarget(target);
  lanes.set(key, lane);
  return lane;
};

/** Closes every connection. Not needed for a process to end: idle connections don't keep it alive. */
export const closeHosts = (): void => {
  for (const lane of lanes.values()) lane.close();
  lanes.clear();
  resolved.clear();
};
