import type { Lab } from "../../lab/lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";

/**
 * Everything on a host that this package could have changed, as text. What a timer moves by itself is left out,
 * and where sudo, mount and systemd keep their own (a session for each login).
 */
const script = `
cd /
timers='[a-z_]+_timer|valid_life_time|preferred_life_time'
ip -j -d -p addr show | grep -vE "$timers"
ip -d route show table all | sort
ip -d -6 route show table all | sed 's, expires [0-9]*sec,,' | sort
bridge -j -d -p link | grep -vE "$timers"
grep -H . /proc/sys/net/ipv6/conf/*/disable_ipv6 /sys/class/net/*/ifalias
nft list ruleset
find /etc/pulumi-kvm-network /etc/libvirt /var/lib/pulumi-kvm-network /var/lib/libvirt /run -xdev 2>&1 | grep -vE '^/run/(sudo|mount|systemd|user)' | sort
for domain in $(virsh -q list --all --uuid | sort); do
  virsh dumpxml "$domain"
  virsh dumpxml --inactive "$domain"
done
virsh -q net-list --all
`;

/** The host's network and domains as they are now: two of them are equal when nothing was changed in between. */
export const snapshotOf = (lab: Lab, hypervisor: string): Promise<string> =>
  waitUntil(`${hypervisor} to settle`, 20, async () => {
    const { stdout } = await lab.exec(hypervisor, ["sh", "-c", script]);
    // An address takes a moment to be the host's own.
    return stdout.includes('"tentative"') ? undefined : stdout;
  });

/** Every line that is not in both, signed as `diff` does: what a test shows of a host that is not as it was. */
export function changesBetween(before: string, after: string): string[] {
  const [old, now] = [before.split("\n"), after.split("\n")];
  const [inOld, inNow] = [new Set(old), new Set(now)];
  const changes = [
    ...old.filter((line) => !inNow.has(line)).map((line) => `- ${line}`),
    ...now.filter((line) => !inOld.has(line)).map((line) => `+ ${line}`),
  ];
  return changes.length > 0 || before === after ? changes : ["the same lines, in another order or number"];
}
