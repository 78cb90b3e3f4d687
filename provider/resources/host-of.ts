import type { Host } from "../host/host.ts";
import { openHost } from "../host/open-host.ts";
import { type Connection, connectionSchema } from "../schema/connection.ts";
import { withoutCredentials } from "../schema/credentials.ts";
import { containsUnknown } from "./unknown.ts";

/**
 * A credential that the program gives in this run is newer than what any state holds: a resource whose own state still has
 * the one before is reached with the program's.
 */
const remembered = new Map<string, Connection>();

const keyOf = (connection: Connection): string =>
  JSON.stringify(withoutCredentials({ ...connection, hostKey: undefined }));

export const rememberConnection = (connection: unknown): void => {
  // A validator takes what is not known for a value, wherever it stands.
  if (containsUnknown(connection)) return;
  const parsed = connectionSchema.safeParse(connection);
  if (parsed.success) remembered.set(keyOf(parsed.data), parsed.data);
};

/** For what the program gives now, which is as new as can be. */
export const hostOf = ({ connection }: { readonly connection: Connection }): Host => openHost(connection);

/**
 * For what only a state knows: an older credential gives way to the program's, or, where no program runs, to that of the
 * resource that was given the connection.
 */
export const hostOfState = (inputs: Inherited): Host => {
  if (inputs.connectionFrom === undefined && !remembered.has(keyOf(inputs.connection))) {
    rememberConnection(inputs.connection);
  }
  return openHost(remembered.get(keyOf(inputs.connection)) ?? inputs.connection);
};

interface Inherited {
  readonly connection: Connection;
  readonly connectionFrom?: unknown;
}

/** The connection that a resource's state should hold: one that was inherited follows the one that it came from. */
export const newestOf = ({ connection, connectionFrom }: Inherited): Connection =>
  connectionFrom === undefined ? connection : (remembered.get(keyOf(connection)) ?? connection);
