import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Connection, connectionSchema } from "../provider/schema/connection.ts";
import { UsageError } from "./usage-error.ts";

export const explainUsage = `usage: pulumi-kvm-network explain [USER@]HOST [OPTION…]
       pulumi-kvm-network explain --capabilities

Tells what a hypervisor and its adjacent switch can do: each uplink, each type
of bridge, each mode, and why. Changes nothing, needs neither root nor set-up.
HOST is a name, an address or an alias of ~/.ssh/config; its key is checked.

  --port N          SSH's port           (default: ~/.ssh/config, else 22)
  --identity FILE   a private key        (default: the agent, ~/.ssh)
  --host-key KEY    "ssh-ed25519 AAAA…"  (default: known_hosts)
  --sudo            look as root, through sudo -n (default: as USER)
  --json            print the facts, for getHost(…, { facts: "facts.json" })
  --capabilities    print what each realization can do: no host is asked
  --help
`;

export type ExplainArguments =
  | { readonly what: "help" }
  | { readonly what: "capabilities" }
  | { readonly what: "report" | "json"; readonly connection: Connection };

const read = (args: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      allowNegative: true,
      options: {
        port: { type: "string" },
        identity: { type: "string" },
        "host-key": { type: "string" },
        sudo: { type: "boolean", default: false },
        json: { type: "boolean" },
        capabilities: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    // Node tells more, in further sentences, about arguments that begin with a dash.
    throw new UsageError(error instanceof Error ? (error.message.split(". ")[0] ?? "") : String(error));
  }
};

const portOf = (text: string): number => {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65535) return port;
  throw new UsageError(`--port ${text}: a number from 1 to 65535 is wanted`);
};

const keyIn = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`--identity ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
};

/** `user@host`, `host`, `user@[fe80::1]`. */
const targetOf = (text: string): Pick<Connection, "host" | "user"> => {
  const at = text.lastIndexOf("@");
  const host = text.slice(at + 1).replace(/^\[(.*)\]$/, "$1");
  if (/^[^:]*:\d+$/.test(host)) throw new UsageError(`${text}: give the port with --port`);
  return at < 0 ? { host } : { user: text.slice(0, at), host };
};

/** @throws UsageError that says in one line what is wrong. */
export const explainArguments = (args: readonly string[]): ExplainArguments => {
  const { values, positionals } = read(args);
  if (values.help) return { what: "help" };
  if (values.capabilities) return { what: "capabilities" };
  const [target, ...more] = positionals;
  if (target === undefined) throw new UsageError("which host? explain [USER@]HOST");
  if (more.length > 0) throw new UsageError(`one host at a time: what is ${more.join(" ")}?`);
  const { port, identity, "host-key": hostKey } = values;
  const passphrase = process.env.PULUMI_KVM_NETWORK_PRIVATE_KEY_PASSWORD;
  const connection = connectionSchema.safeParse({
    ...targetOf(target),
    sudo: values.sudo,
    // Somebody is waiting: what is not there is told at once.
    dialErrorLimit: 1,
    ...(port === undefined ? {} : { port: portOf(port) }),
    ...(identity === undefined ? {} : { privateKey: keyIn(identity), privateKeyPassword: passphrase }),
    ...(hostKey === undefined ? {} : { hostKey }),
  });
  if (!connection.success) throw new UsageError(`${target}: not a host's name: ${connection.error.issues[0]?.message}`);
  return { what: values.json ? "json" : "report", connection: connection.data };
};
