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

/** Hundreds of resources ask for the same few: the SSH configuration is read for each connection, not for each of them. */
const opened = new Map<string, Host>();

export const hostOf = ({ connection }: { readonly connection: Connection }): Host => {
  const newest = remembered.get(keyOf(connection)) ?? connection;
  const key = JSON.stringify(newest);
  const host = opened.get(key) ?? openHost(newest);
  opened.set(key, host);
  return host;
};
