import type { SshConnection } from "./dial.ts";
import { HostError } from "./host-error.ts";

/** Not the account's fault: the next dial may do better. */
export class ConnectionBroke extends Error {}

/** Why the host script did not start: what the account is missing, in the words of sudo or of the login shell. */
export const startError = (connection: SshConnection, sudo: boolean, stderr: string, cause: unknown): HostError => {
  const { name, user, address } = connection;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const said = stderr.trim().slice(0, 500);
  const words = said === "" ? reason : `${reason}; it said: ${said}`;
  if (cause instanceof ConnectionBroke)
    return new HostError(
      "host-unreachable",
      name,
      `${name}: ${address} closed the connection as soon as ${user} was in: ${words}.`,
      { cause },
    );
  if (!sudo)
    return new HostError(
      "host-unreachable",
      name,
      `${name}: logged in to ${address} as ${user}, but its shell did not run /bin/sh: ${words}. The account needs a login shell and a POSIX /bin/sh.`,
      { cause },
    );
  return new HostError(
    "sudo-refused",
    name,
    `${name}: ${user} may not run \`sudo -n /bin/sh\` on ${address}: ${words}. Allow it without password and terminal, with \`visudo -f /etc/sudoers.d/pulumi-kvm-network\`: ` +
      `\`${user} ALL=(root) NOPASSWD: /bin/sh\` and \`Defaults:${user} !requiretty\`; or connect as root; or set \`sudo: false\` where reading is enough.`,
    { cause },
  );
};
