import type { SshConnection } from "./dial.ts";
import { HostError } from "./host-error.ts";
import { helperPath } from "./script/helper-path.ts";
import { helperDigest } from "./script/installed-helper.ts";
import { helperMark } from "./script/start-command.ts";

/** Not the account's fault: the next dial may do better. */
export class ConnectionBroke extends Error {}

/** What the account itself saw of the installed helper, and what was said besides. */
const helperIn = (stderr: string): { readonly digest: string | undefined; readonly said: string } => {
  const mark = new RegExp(`^${helperMark} (\\S+)\n`, "m");
  return { digest: mark.exec(stderr)?.[1], said: stderr.replace(mark, "").trim().slice(0, 500) };
};

const toAllow = (user: string): string =>
  `print the lines with \`npx pulumi-kvm-network helper --sudoers ${user}\`, and put them in place with \`visudo -f /etc/sudoers.d/pulumi-kvm-network\``;

/** Why sudo did not start it, and what the administrator of the host can do. */
const sudoError = (connection: SshConnection, digest: string, words: string, cause: unknown): HostError => {
  const { name, user, address } = connection;
  if (digest === helperDigest)
    return new HostError(
      "sudo-refused",
      name,
      `${name}: ${helperPath} on ${address} is the helper that this version needs, but sudo does not let ${user} run it, nor \`sudo -n /bin/sh\`: ${words}. ` +
        `Allow it: ${toAllow(user)}.`,
      { cause },
    );
  if (digest !== "none")
    return new HostError(
      "helper-differs",
      name,
      `${name}: ${helperPath} on ${address} is of another version (sha256 ${digest}; this one needs ${helperDigest}), and ${user} may not run \`sudo -n /bin/sh\` instead: ${words}. ` +
        `As root, install the one of this version with \`npx pulumi-kvm-network helper --script\`, and let sudo allow it: ${toAllow(user)}.`,
      { cause },
    );
  return new HostError(
    "sudo-refused",
    name,
    `${name}: ${user} may not run \`sudo -n /bin/sh\` on ${address}, and ${helperPath} is not installed there: ${words}. ` +
      "Install the helper, which lets the account do no more than this provider does: `npx pulumi-kvm-network helper` tells how. " +
      "Or allow a root shell without password and terminal, with `visudo -f /etc/sudoers.d/pulumi-kvm-network`: " +
      `\`${user} ALL=(root) NOPASSWD: /bin/sh\` and \`Defaults:${user} !requiretty\`; or connect as root; or set \`sudo: false\` where reading is enough.`,
    { cause },
  );
};

/** Why the host script did not start: what the account is missing, in the words of sudo or of the login shell. */
export const startError = (connection: SshConnection, sudo: boolean, stderr: string, cause: unknown): HostError => {
  const { name, user, address } = connection;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const { digest, said } = helperIn(stderr);
  const words = said === "" ? reason : `${reason}; it said: ${said}`;
  if (cause instanceof ConnectionBroke)
    return new HostError(
      "host-unreachable",
      name,
      `${name}: ${address} closed the connection as soon as ${user} was in: ${words}.`,
      { cause },
    );
  if (sudo && digest !== undefined) return sudoError(connection, digest, words, cause);
  if (sudo && said.includes("sudo")) return sudoError(connection, helperDigest, words, cause);
  return new HostError(
    "host-unreachable",
    name,
    `${name}: logged in to ${address} as ${user}, but its shell did not run /bin/sh: ${words}. The account needs a login shell and a POSIX /bin/sh.`,
    { cause },
  );
};
