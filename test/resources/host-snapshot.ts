import type { Lab } from "../../lab/lab.ts";

/** Everything on a host that this package could have changed, as text. What a timer moves by itself is left out. */
const script = `
cd /
timers='(hello|tcn|topology_change|gc)_timer|valid_life_time|preferred_life_time'
ip -j -d -p addr show | grep -vE "$timers"
ip -j -p route show table all
ip -j -p -6 route show table all | grep -v expires
bridge -j -d -p link | grep -vE "$timers"
grep -H . /proc/sys/net/ipv6/conf/*/disable_ipv6 /sys/class/net/*/ifalias
nft list ruleset
find /etc/pulumi-kvm-network /run/pulumi-kvm-network /var/lib/pulumi-kvm-network 2>&1
for domain in $(virsh -q list --all --uuid); do
  virsh dumpxml "$domain"
  virsh dumpxml --inactive "$domain"
done
virsh -q net-list --all
`;

/** The host's network and domains as they are now: two of them are equal when nothing was changed in between. */
export const snapshotOf = async (lab: Lab, hypervisor: string): Promise<string> =>
  (await lab.exec(hypervisor, ["sh", "-c", script])).stdout;
