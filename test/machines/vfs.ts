import type { Machine } from "./machine.ts";
import { uplink } from "./machine.ts";

const device = `/sys/class/net/${uplink}/device`;

export const numvfs = `${device}/sriov_numvfs`;

/** Asks for a number of VFs. Debian's shell says by its own echo "I/O error" whatever the kernel's reason is. */
export const askForVfs = (count: number): string => `/bin/echo ${count} >${numvfs}`;

/** A number of VFs, whatever there was; with their links where a driver takes them. */
export async function makeVfs(machine: Machine, count: number): Promise<void> {
  await machine.sh(`echo 0 >${numvfs}; ${count > 0 ? `echo ${count} >${numvfs}; ` : ""}udevadm settle`);
}

/** PCI address of a VF, as the kernel numbers them. */
export const vfAddress = (machine: Machine, number: number): Promise<string> =>
  machine.sh(`basename "$(readlink -f ${device}/virtfn${number})"`);

/**
 * Brings up the links of two VFs, and waits until both have had their carrier for three seconds: igbvf takes an answer of the
 * NIC to something else for a loss of the link, and looks again only ten seconds later.
 */
export async function bringUpVfs(machine: Machine): Promise<void> {
  await machine.sh(`
    for vf in ${uplink}v0 ${uplink}v1; do echo 1 >/proc/sys/net/ipv6/conf/$vf/disable_ipv6; ip link set dev $vf up; done
    steady=0 tries=0
    while [ $steady -lt 15 ]; do
      case $(cat /sys/class/net/${uplink}/carrier /sys/class/net/${uplink}v[01]/carrier | tr -d '\\n') in
        111) steady=$((steady + 1)) ;;
        *) steady=0 ;;
      esac
      tries=$((tries + 1)); [ $tries -lt 450 ]
      sleep 0.2
    done`);
}
