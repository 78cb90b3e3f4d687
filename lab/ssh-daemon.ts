import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { run } from "./command.ts";
import { mustNotBeShown } from "./leaks.ts";
import { enter, type Namespace } from "./namespace.ts";
import { waitUntil } from "./wait-until.ts";

/** Makes the client's key of a lab, which every user of every hypervisor takes, and returns its public half. */
export async function makeClientKey(folder: string): Promise<string> {
  await makeKey(clientKey(folder));
  mustNotBeShown(readClientKey(folder));
  return readFileSync(`${clientKey(folder)}.pub`, "utf8").trim();
}

export const readClientKey = (folder: string): string => readFileSync(clientKey(folder), "utf8");

export const clientKey = (folder: string) => join(folder, "client-key");

const makeKey = (path: string) => run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", path]);

/** Makes a host key and returns its public half as known_hosts has it: `ssh-ed25519 AAAA…`. */
export async function makeHostKey(path: string): Promise<string> {
  await makeKey(path);
  const [type, data] = readFileSync(`${path}.pub`, "utf8").split(" ");
  return `${type} ${data}`;
}

/** Where a hypervisor's sshd writes what it does (LogLevel VERBOSE: also each session): tests count connections in it. */
/** Prints the processes that serve SSH sessions on a hypervisor, a line each: of an ordinary user sshd has two. */
export const sshSessions = `pgrep -P "$(pgrep -d , '^sshd')" '^sshd' || :`;

export const sshLog = (hypervisor: Namespace): string => join(hypervisor.folder, "run/sshd.log");

/**
 * Starts the distribution's sshd with a host key of its own and its default limits, and returns that key. PAM is off: it
 * would ask the machine's login services, which do not run inside.
 */
export async function startSshDaemon(hypervisor: Namespace, address: string, clientPublicKey: string): Promise<string> {
  const ssh = join(hypervisor.folder, "etc/ssh");
  const hostKey = await makeHostKey(join(ssh, "lab-host-key"));
  writeFileSync(join(ssh, "lab-authorized-keys"), `${clientPublicKey}\n`);
  chmodSync(join(ssh, "lab-authorized-keys"), 0o644);
  const config = [
    `ListenAddress ${address}`,
    "HostKey /etc/ssh/lab-host-key",
    "AuthorizedKeysFile /etc/ssh/lab-authorized-keys",
    "PermitRootLogin prohibit-password",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "UsePAM no",
    "LogLevel VERBOSE",
    "PidFile /run/sshd.pid",
    "Subsystem sftp internal-sftp",
  ];
  writeFileSync(join(ssh, "lab-sshd-config"), `${config.join("\n")}\n`);
  // sshd insists on being started by its full path.
  const start = `mkdir -p -m 755 /run/sshd && exec "$(command -v sshd)" -f /etc/ssh/lab-sshd-config -E /run/sshd.log`;
  await run(enter(hypervisor, ["sh", "-c", start]));
  await waitUntil(`sshd of ${hypervisor.name} at ${address}:22`, 10, () => answers(address));
  return hostKey;
}

/** A SYN that is lost is repeated only later and later. */
const answerMilliseconds = 5000;

/** True when a connection to port 22 is taken. */
export function answers(address: string): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ port: 22, host: address, timeout: answerMilliseconds });
    const end = (answer: true | undefined) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => end(true));
    for (const event of ["timeout", "error"]) socket.once(event, () => end(undefined));
  });
}
