/** The fields that authenticate: secret, and no reason to touch anything when they change. */
const credentialFields = new Set<string>(["password", "privateKey", "privateKeyPassword", "agentSocketPath"]);

/** A connection without what authenticates, at every hop: what tells one host from another. */
export const withoutCredentials = (connection: unknown): unknown =>
  typeof connection === "object" && connection !== null
    ? Object.fromEntries(
        Object.entries(connection)
          .filter(([field]) => !credentialFields.has(field))
          .map(([field, value]) => [field, field === "proxy" ? withoutCredentials(value) : value]),
      )
    : connection;

/** Whether a connection holds something that must not be shown. */
export const hasCredentials = (connection: unknown): boolean =>
  typeof connection === "object" &&
  connection !== null &&
  Object.entries(connection).some(
    ([field, value]) =>
      (credentialFields.has(field) && value !== undefined) || (field === "proxy" && hasCredentials(value)),
  );
