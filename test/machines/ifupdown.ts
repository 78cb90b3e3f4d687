import type { Machine } from "./machine.ts";
import { hasAddresses, managedNic } from "./moved-addresses.ts";

/** Without who still asks for a lease, what no lease has renewed since it was taken back, what the kernel has made of advertisements before, and what
 * dhcpcd leaves of its own settings. */
const asBefore = `timeout 90 sh -c 'while pgrep -x ifup >/dev/null; do sleep 1; done'
    ifdown ${managedNic} 2>/dev/null || :
    ip -4 addr flush dev ${managedNic} scope global
    ip link set ${managedNic} down
    cd /proc/sys/net/ipv6/conf/${managedNic} && echo 1 >accept_ra && echo 1 >autoconf && echo 0 >addr_gen_mode`;

/** The NIC as its owner has ifupdown configure it. */
export const owned = async (machine: Machine, stanzas: string, count: number, link = managedNic): Promise<void> => {
  // What it starts lives on when the session's command has ended, what it says is in the journal; the session's own NIC has its address from the lab.
  await machine.sh(`systemctl start networking
    ${asBefore}
    cat >/etc/network/interfaces.d/lan <<'END'
${stanzas}
END
    systemd-run --quiet --collect --wait --property=KillMode=process sh -c '
      ${link === managedNic ? "" : `ip addr flush dev ${link} scope global`}
      ifup -v ${link}' || { journalctl --no-pager --lines 90 >&2; exit 1; }`);
  await hasAddresses(machine, count, link);
};
