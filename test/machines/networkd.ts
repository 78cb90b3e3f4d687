import { waitUntil } from "../../lab/wait-until.ts";
import type { Machine } from "./machine.ts";
import { hasAddresses, managedNic, sessionOf } from "./moved-addresses.ts";

const file = "/etc/systemd/network/20-lan.network";

/** The NIC as its owner has systemd-networkd configure it, without what the kernel has made of advertisements before. */
export const owned = async (machine: Machine, lines: string, count: number, link = managedNic): Promise<void> => {
  await machine.sh(`printf '%s\\n' '[Match]' 'Name=${link}' '${lines.replaceAll("\n", "' '")}' >${file}
    ${link === managedNic ? `ip link set ${link} down` : ""}
    systemctl start systemd-networkd; networkctl reload; ip link set ${link} up`);
  await hasAddresses(machine, count, link);
};

/** The NIC of the SSH session as systemd-networkd's, and no longer the lab's. */
export const ownedSession = async (machine: Machine): Promise<void> => {
  const { address, gateway } = sessionOf(machine);
  await machine.sh("systemctl -q disable lab-setup; rm /etc/systemd/network/10-mgmt.network");
  await owned(machine, `[Network]\nAddress=${address}/30\nGateway=${gateway}\nIPv6AcceptRA=no`, 1, "mgmt");
  const routes = () => machine.sh("ip route show default dev mgmt");
  await waitUntil("its route", 30, async () => (await routes()) !== "" || undefined);
};
