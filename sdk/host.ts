import * as pulumi from "@pulumi/pulumi";
import type { Connection } from "../provider/schema/connection.ts";
import { hasCredentials } from "../provider/schema/credentials.ts";
import type { HostFacts } from "../provider/schema/facts.ts";

/** A hypervisor with its facts, as `getHost()` returns it: what `host` takes wherever a resource asks for one. */
export class Host {
  readonly name: string;
  readonly connection: Connection;
  readonly facts: HostFacts;

  constructor(connection: Connection, facts: HostFacts) {
    this.name = connection.host;
    this.connection = connection;
    this.facts = facts;
  }
}

/** A connection whose fields may be outputs: configuration secrets, other resources' addresses. */
export type ConnectionArgs = { [Field in keyof Connection]: pulumi.Input<Connection[Field]> };

/** Where a resource lives: a host with facts, or how to reach it. */
export type HostArg = Host | pulumi.Input<ConnectionArgs>;

/** How a resource reaches its host, and from which resource it has that. */
export interface HostOrigin {
  readonly host: pulumi.Input<string>;
  readonly connection: pulumi.Input<Connection>;
  readonly connectionFrom?: string;
  readonly facts?: HostFacts;
}

const concealed = (connection: pulumi.Input<ConnectionArgs>): pulumi.Output<Connection> =>
  pulumi.output(connection).apply((plain) => (hasCredentials(plain) ? pulumi.secret(plain) : pulumi.output(plain)));

const plainOrigin = (connection: Connection): HostOrigin => ({
  host: connection.host,
  connection: hasCredentials(connection) ? pulumi.secret(connection) : connection,
});

/** A program waits for what it imports: schemas stay with the provider, whose check parses what is given here. */
const isPlain = (value: unknown): boolean =>
  !pulumi.Output.isInstance(value) &&
  !(value instanceof Promise) &&
  (typeof value !== "object" || value === null || Object.values(value).every(isPlain));

const isPlainConnection = (host: pulumi.Input<ConnectionArgs>): host is Connection => isPlain(host);

/** The origin of a resource that is given its host directly. */
export const originOf = (host: HostArg): HostOrigin => {
  if (host instanceof Host) return { ...plainOrigin(host.connection), facts: host.facts };
  // Each output costs the program a stack trace or two, and these would be serialized with every resource of the host.
  if (isPlainConnection(host)) return plainOrigin(host);
  const name = pulumi.output(host).apply((connection) => connection.host);
  // The name is plain even where the rest is secret: previews are read by it.
  return { host: pulumi.unsecret(name), connection: concealed(host) };
};

/** The origin of a resource that takes it from another one. */
export const inherited = (origin: HostOrigin, from: string): HostOrigin => ({
  ...origin,
  connectionFrom: origin.connectionFrom ?? from,
});

/** The origin's part of a resource's inputs; its facts are given apart, cut down to what concerns the resource. */
export const originInputs = ({ host, connection, connectionFrom }: HostOrigin): pulumi.Inputs => ({
  host,
  connection,
  connectionFrom,
});
