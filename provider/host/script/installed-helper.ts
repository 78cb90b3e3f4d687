import { createHash } from "node:crypto";
import { helperPath } from "./helper-path.ts";
import { hostScript } from "./host-script.ts";

/** The host script as an administrator installs it. */
export const installedHelper = `#!/bin/sh
# The host script of pulumi-kvm-network: changes links, VFs and NICs of VMs as it is asked on its standard input, and nothing else.
# To be owned by root, and run by sudo for accounts that may do that; docs/least-privilege.md of the project tells what they can do.
unset s
${hostScript}`;

/** SHA-256, in hexadecimal: what tells whether a host has just this one. */
export const helperDigest: string = createHash("sha256").update(installedHelper).digest("hex");

/** Its only argument is sshd's SSH_CONNECTION: a first address, and what follows. The script looks at it again. */
const argument = "[0-9a-f\\:]*";

/** Lines of sudoers(5) that let an account run just this file as root, with nothing of the account's environment. */
export const sudoersFor = (user: string): string => `Defaults:${user} !requiretty
Defaults!${helperPath} env_reset, !setenv, !env_keep, !env_check
${user} ALL=(root) NOPASSWD: sha256:${helperDigest} ${helperPath} ${argument}
`;
