import type { Machine } from "./machine.ts";
import { hasAddresses, managedNic, sessionOf } from "./moved-addresses.ts";

/** The NIC as its owner has NetworkManager configure it, by settings of `nmcli connection add`. */
export const owned = async (machine: Machine, settings: string, count: number, link = managedNic): Promise<void> => {
  await machine.sh(`systemctl start NetworkManager
    nmcli connection delete lan-${link} 2>/dev/null || :
    nmcli connection add type ethernet con-name lan-${link} ifname ${link} ${settings}
    nmcli connection up lan-${link}`);
  await hasAddresses(machine, count, link);
};

/** The profile of before as its file is, without what NetworkManager notes in it. */
export const ownersProfile = (machine: Machine, link = managedNic): Promise<string> =>
  machine.sh(`grep -v ^timestamp= /etc/NetworkManager/system-connections/lan-${link}.nmconnection`);

/** The NIC of the SSH session as NetworkManager's, and no longer the lab's. */
export const ownedSession = async (machine: Machine): Promise<void> => {
  const { address, gateway } = sessionOf(machine);
  await machine.sh(`systemctl -q disable lab-setup
    sed -i /mgmt/d /etc/NetworkManager/conf.d/lab.conf; systemctl restart NetworkManager`);
  const settings = `ipv4.method manual ipv4.addresses ${address}/30 ipv4.gateway ${gateway} ipv6.method disabled`;
  await owned(machine, settings, 1, "mgmt");
};
