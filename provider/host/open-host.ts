import type { Connection } from "../schema/connection.ts";
import { routeOf } from "./hop.ts";
import type { Host } from "./host.ts";
import { Lane } from "./lane.ts";
import { resolveHop } from "./resolve-hop.ts";

const lanes = new Map<string, Lane>();

/**
 * The host at an address: one connection and one lane for all who ask in this process, dialled at the first request. What
 * is given newer (credentials, a pinned key, limits) serves the next dial.
 *
 * @throws HostError when `~/.ssh/config` can't be followed. Everything else is said by the first request.
 */
export const openHost = (connection: Connection): Host => {
  const hop = resolveHop(connection);
  const sudo = connection.sudo ?? hop.user !== "root";
  const key = `${routeOf(hop)}${sudo ? " sudo" : ""}`;
  const target = { hop, sudo };
  const lane = lanes.get(key) ?? new Lane(target);
  lane.retarget(target);
  lanes.set(key, lane);
  return lane;
};

/** Closes every connection. Not needed for a process to end: idle connections don't keep it alive. */
export const closeHosts = (): void => {
  for (const lane of lanes.values()) lane.close();
  lanes.clear();
};
