import { readFile } from "node:fs/promises";
import * as pulumi from "@pulumi/pulumi";
import type { Connection } from "../provider/schema/connection.ts";
import { KvmNetworkError } from "../provider/schema/error.ts";
import type { HostFacts } from "../provider/schema/facts.ts";
import { type ConnectionArgs, Host } from "./host.ts";

export interface GetHostOptions {
  /**
   * Facts taken earlier, or the path of a JSON file with them: nothing is connected to, so that a review without access to the
   * host previews the same.
   */
  readonly facts?: HostFacts | string;
}

const known = async (connection: pulumi.Input<ConnectionArgs>): Promise<Connection> => {
  const given = await new Promise<unknown>((resolve) => {
    pulumi.output(connection).apply((value) => resolve(value));
  });
  const { connectionSchema } = await import("../provider/schema/connection.ts");
  const parsed = connectionSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new KvmNetworkError("bad-connection", `getHost: connection.${issue?.path.join(".")}: ${issue?.message}`);
};

const readFacts = async (path: string): Promise<HostFacts> => {
  const { hostFactsSchema } = await import("../provider/schema/facts.ts");
  const parsed = hostFactsSchema.safeParse(JSON.parse(await readFile(path, "utf8")));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new KvmNetworkError(
    "bad-facts",
    `${path} does not hold the facts of a host: ${issue?.path.join(".")}: ${issue?.message}; write it anew from getHost(…).facts`,
  );
};

/** Schemas, SSH and the parsers are loaded by the programs that ask a host. */
const observed = async (connection: Connection): Promise<HostFacts> => {
  const { observe } = await import("../provider/discovery/observe.ts");
  const { openHost } = await import("../provider/host/open-host.ts");
  const { useConfiguredCredentials } = await import("../provider/host/credentials.ts");
  // What the engine hands to the provider, which is another process, holds for what the program itself asks of a host.
  const config = new pulumi.Config("kvm-network");
  useConfiguredCredentials({
    user: config.get("user"),
    password: config.get("password"),
    privateKey: config.get("privateKey"),
    privateKeyPassword: config.get("privateKeyPassword"),
  });
  const facts = await observe(openHost(connection));
  if (facts.takenBack !== undefined) {
    const { takenBackText } = await import("../provider/schema/taken-back.ts");
    await pulumi.log.warn(
      `${connection.host}: ${takenBackText(facts.takenBack)}. \`pulumi refresh\` shows what is missing`,
    );
  }
  return facts;
};

/**
 * A hypervisor with its facts, observed now in one round trip: the first line of a program, so that its first preview already
 * names realizations and refuses what the host cannot do. Changes nothing on the host.
 *
 * @param connection How the host is reached; names and defaults of \@pulumi/command's `remote.Connection`.
 * @throws KvmNetworkError when the host cannot be reached, its key is not the pinned one, or it refuses the credentials.
 */
export const getHost = async (
  connection: pulumi.Input<ConnectionArgs>,
  options: GetHostOptions = {},
): Promise<Host> => {
  const plain = await known(connection);
  const { facts } = options;
  if (typeof facts === "string") return new Host(plain, await readFacts(facts));
  return new Host(plain, facts ?? (await observed(plain)));
};
