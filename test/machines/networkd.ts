import type { Machine } from "./machine.ts";
import { hasAddresses, managedNic } from "./moved-addresses.ts";

const file = "/etc/systemd/network/20-lan.network";

/** The NIC as its owner has systemd-networkd configure it, without what the kernel has made of advertisements before. */
export const owned = async (machine: Machine, lines: string, count: number, link = managedNic): Promise<void> => {
  await machine.sh(`printf '%s\\n' '[Match]' 'Name=${link}' '${lines.replaceAll("\n", "' '")}' >${file}
    ${link === managedNic ? `ip link set ${link} down` : ""}
    systemctl start systemd-networkd; networkctl reload; ip link set ${link} up`);
  await hasAddresses(machine, count, link);
};
