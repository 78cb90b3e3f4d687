import { factsVerb } from "./facts-verb.ts";
import { judge } from "./judge.ts";
import { keepVerb } from "./keep-verb.ts";
import { probeVerb } from "./probe-verb.ts";
import { requestLoop } from "./request-loop.ts";
import { sessionVerb } from "./session-verb.ts";
import { snapshot } from "./snapshot.ts";
import { transactionVerb } from "./transaction-verb.ts";
import { verbs } from "./verbs.ts";

/**
 * What runs on a host: one constant POSIX script (dash, bash, busybox). It reads a nonce, says hello, then serves requests
 * until its standard input ends. A hangup does not stop what it is doing. Copies of it do what was kept there when the host boots
 * (`--replay`: keep-verb.ts), and a transaction's change and its way back (transaction-verb.ts).
 */
export const hostScript = `
set -f
trap '' HUP PIPE
LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
umask 077
cd /
KVMNET_SESSION=$1
newline='
'
tab=$(printf '\\t')
${factsVerb}${probeVerb}${keepVerb}${sessionVerb}${snapshot}${transactionVerb}${verbs}${judge}${requestLoop}
case $1 in
  --replay) replay "$2"; exit ;;
  --forward) transaction_forward "$2"; exit ;;
  --revert) transaction_take_back "$2"; exit ;;
  --watch) transaction_watch "$2" "$3"; exit ;;
esac
IFS= read -r nonce || exit 0
printf '%s\\n' "$nonce" >&2
hello
serve
`;

/** The script as one line that `printf %b` gives back. */
export const encodedHostScript = hostScript.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");

const readScript = `/bin/sh -c 'IFS= read -r s && eval "$(printf %b "$s")"' sh "$SSH_CONNECTION"`;

/**
 * What sshd hands to the account's login shell, whichever that is: no character in it means anything else to sh, csh or
 * fish. The script itself comes by standard input.
 */
export const bootstrapCommand = (sudo: boolean): string => `exec ${sudo ? "sudo -n " : ""}${readScript}`;
