/** One SSH server on the way to a host, with everything that is known about it before it is dialled. */
export interface Hop {
  /** The name that the program (or ProxyJump) gave. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string | undefined;
  readonly privateKey: string | undefined;
  readonly privateKeyPassword: string | undefined;
  readonly agentSocketPath: string | undefined;
  /** Files that may hold a private key; those that are not there don't matter. */
  readonly identityFiles: readonly string[];
  /** The pinned key. */
  readonly hostKey: string | undefined;
  /** Under which name the key stands in known_hosts. */
  readonly hostKeyName: string;
  readonly knownHostsFiles: readonly string[];
  readonly dialErrorLimit: number;
  readonly perDialTimeoutSeconds: number;
  /** The hop in front of this one. */
  readonly proxy: Hop | undefined;
  /** Another host is behind it: no password meant for that one is offered here. */
  readonly isBastion: boolean;
}

export const addressOf = (hop: Pick<Hop, "host" | "port">): string =>
  hop.host.includes(":") ? `[${hop.host}]:${hop.port}` : `${hop.host}:${hop.port}`;

/** What tells one pooled connection from another: every server and account on the way, and nothing that authenticates. */
export const routeOf = (hop: Hop): string => {
  const last = `${hop.user}@${addressOf(hop)}`;
  return hop.proxy === undefined ? last : `${routeOf(hop.proxy)} ${last}`;
};
