import { alone } from "./alone.ts";
import { bootGuard } from "./boot-guard.ts";
import { factsLibvirt } from "./facts-libvirt.ts";
import { factsLinks } from "./facts-links.ts";
import { factsLldp } from "./facts-lldp.ts";
import { factsNetwork } from "./facts-network.ts";
import { factsSection } from "./facts-section.ts";
import { factsSystem } from "./facts-system.ts";
import { factsVerb } from "./facts-verb.ts";
import { guardVerb } from "./guard-verb.ts";
import { ifupdownVerbs } from "./ifupdown-verbs.ts";
import { judge } from "./judge.ts";
import { keepVerb } from "./keep-verb.ts";
import { kernelFiles } from "./kernel-files.ts";
import { managerVerbs } from "./manager-verbs.ts";
import { networkManagerVerbs } from "./network-manager-verbs.ts";
import { networkdVerbs } from "./networkd-verbs.ts";
import { originalVerbs } from "./original-verbs.ts";
import { probeVerb } from "./probe-verb.ts";
import { requestLoop } from "./request-loop.ts";
import { sessionVerb } from "./session-verb.ts";
import { snapshot } from "./snapshot.ts";
import { snapshotNotes } from "./snapshot-notes.ts";
import { snapshotPorts } from "./snapshot-ports.ts";
import { snapshotVfs } from "./snapshot-vfs.ts";
import { transactionCourse } from "./transaction-course.ts";
import { transactionProcesses } from "./transaction-processes.ts";
import { transactionTakeBack } from "./transaction-take-back.ts";
import { transactionVerb } from "./transaction-verb.ts";
import { verbs } from "./verbs.ts";

/**
 * Nothing of the account's environment reaches a command: iproute2 loads code from where IP_LIB_DIR says, libvirt writes a log to
 * where LIBVIRT_LOG_OUTPUTS says. sudo drops it by default, but need not. `export -p` tells of each variable at the beginning of a
 * line; whatever else looks like one is unset as well, which hurts nothing. Those left out can't be unset, or are our own: s is the script as it was sent.
 */
const scrub = `LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
unset IFS
for word in $(export -p); do
  word=\${word%%=*}
  case $word in
    '' | [0-9]* | *[!A-Za-z0-9_]* | s | LC_ALL | PATH | PPID | UID | EUID | SHELLOPTS | BASHOPTS | BASH_VERSINFO) ;;
    *) unset "$word" ;;
  esac
done
script_as_sent=$s
unset s
`;

const parts: readonly string[] = [
  kernelFiles,
  alone,
  factsSection,
  factsLinks,
  factsSystem,
  factsLibvirt,
  factsLldp,
  factsVerb,
  factsNetwork,
  probeVerb,
  keepVerb,
  originalVerbs,
  guardVerb,
  bootGuard,
  sessionVerb,
  snapshot,
  snapshotNotes,
  snapshotPorts,
  snapshotVfs,
  managerVerbs,
  networkdVerbs,
  networkManagerVerbs,
  ifupdownVerbs,
  transactionVerb,
  transactionProcesses,
  transactionCourse,
  transactionTakeBack,
  verbs,
  judge,
  requestLoop,
];

/**
 * What runs on a host: one constant POSIX script (dash, bash, busybox). It reads a nonce, says hello, then serves requests
 * until its standard input ends. A hangup does not stop what it is doing. Copies of it do what was kept there when the host boots
 * (`--replay`: keep-verb.ts; `--guard`: boot-guard.ts), and a transaction's change (transaction-course.ts) and its way back
 * (transaction-take-back.ts).
 *
 * Its first argument is sshd's SSH_CONNECTION, which sudo drops from the environment: as the account says, so only as what it is.
 */
export const hostScript = `
set -f
trap '' HUP PIPE
${scrub}umask 077
cd /
case $1 in
  *[!0-9A-Za-z.:%_\\ -]*) KVMNET_SESSION= ;;
  *) KVMNET_SESSION=$1 ;;
esac
newline='
'
tab=$(printf '\\t')
return=$(printf '\\r')
${parts.join("")}
case $1 in
  --replay) replay "$2"; exit ;;
  --guard) bootguard_run; exit ;;
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
