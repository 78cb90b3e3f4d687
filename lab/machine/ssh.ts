import { rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { attempt, run } from "../command.ts";
import { enterProcesses, type Namespace } from "../namespace.ts";
import { quote } from "../quote.ts";
import { clientKey } from "../ssh-daemon.ts";

/** Where the one connection is shared: a handshake takes an emulated CPU half a second. */
const shared = (namespace: Namespace) => join(namespace.folder, "ssh");

const knownHosts = (namespace: Namespace) => join(namespace.folder, "known-hosts");

/** Writes down the host key that a machine must have. */
export function knowMachine(namespace: Namespace, address: string, hostKey: string): void {
  writeFileSync(knownHosts(namespace), `${address} ${hostKey}\n`);
}

const ssh = (namespace: Namespace, ...more: string[]): string[] => {
  const options = ["StrictHostKeyChecking=yes", `UserKnownHostsFile=${knownHosts(namespace)}`, "BatchMode=yes"];
  // A machine that was reset knows of no connection, and says so to nobody who only waits.
  const alive = ["ServerAliveInterval=20", "ServerAliveCountMax=3"];
  const quiet = ["IdentitiesOnly=yes", "LogLevel=ERROR", "ConnectTimeout=60", ...alive];
  return [
    "ssh",
    ...["-F", "none", "-i", clientKey(dirname(namespace.folder)), "-S", shared(namespace)],
    ...[...options, ...quiet].flatMap((option) => ["-o", option]),
    ...more,
  ];
};

/** Connects once for all commands that follow. The connection is a process of the machine's namespace, and ends with it. */
export async function connectToMachine(namespace: Namespace, address: string): Promise<void> {
  // -f: in the background once it is connected, but without letting go of standard error.
  const script = 'log=$1; shift; exec "$@" >"$log" 2>&1 </dev/null';
  const master = ssh(namespace, "-fNM", `root@${address}`);
  const log = join(namespace.folder, "ssh.log");
  await run(enterProcesses(namespace, ["sh", "-c", script, "sh", log, ...master]), { timeout: 120_000 });
}

/** Ends that connection: one to a machine that was reset would wait for its answers for minutes. */
export async function disconnectFromMachine(namespace: Namespace, address: string): Promise<void> {
  await attempt(ssh(namespace, "-O", "exit", `root@${address}`));
  rmSync(shared(namespace), { force: true });
}

/** The command that runs `argv` on a machine. */
export const commandOnMachine = (namespace: Namespace, address: string, argv: readonly string[]): string[] =>
  ssh(namespace, `root@${address}`, "--", quote(argv));
