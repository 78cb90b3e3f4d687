import type { Host } from "../host/host.ts";
import { openHost } from "../host/open-host.ts";
import { type Connection, connectionSchema, withoutCredentials } from "../schema/connection.ts";

/**
 * A credential that the program gives in this run is newer than what any state holds: a resource whose own state still has
 * the one before is reached with the program's.
 */
const remembered = new Map<string, Connection>();

const keyOf = (connection: Connection): string =>
  JSON.stringify(withoutCredentials({ ...connection, hostKey: undefined }));

export const rememberConnection = (connection: unknown): void => {
  const parsed = connectionSchema.safeParse(connection);
  if (parsed.success) remembered.set(keyOf(parsed.data), parsed.data);
};

/** For what the program gives now, which is as new as can be. */
export const hostOf = ({ connection }: { readonly connection: Connection }): Host => openHost(connection);

/** For what only a state knows: an older credential gives way to the program's. */
export const hostOfState = ({ connection }: { readonly connection: Connection }): Host =>
  openHost(remembered.get(keyOf(connection)) ?? connection);
