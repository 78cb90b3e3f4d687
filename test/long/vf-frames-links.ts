import { type Machine, uplink } from "../machines/machine.ts";
import { makeVfs, vfAddress } from "../machines/vfs.ts";
import { group } from "./vf-frames-exchange.ts";

/** Keeps the kernel's own IPv6 from sending with a station's address, in a new network namespace. */
const newNamespace = (name: string): string => `
  ip netns add ${name}
  ip netns exec ${name} sh -c 'for conf in all default; do echo 1 >/proc/sys/net/ipv6/conf/$conf/disable_ipv6; done'`;

export interface VfLink {
  readonly netns: string;
  /** A macvtap in passthrough mode on it, or the VF itself. */
  readonly link: string;
  readonly mac: string;
}

/** VFs, each with the stack of a network namespace of its own in place of a guest's. */
export async function makeVfStations(
  machine: Machine,
  vfs: readonly { readonly vlan?: number; readonly macvtap?: boolean }[],
): Promise<VfLink[]> {
  await makeVfs(machine, vfs.length);
  await machine.sh(`
    echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
    echo 1 >/proc/sys/net/ipv6/conf/${uplink}/disable_ipv6
    ip link set dev ${uplink} up`);
  const links: VfLink[] = [];
  for (const [index, { vlan, macvtap = false }] of vfs.entries()) {
    const [netns, vf] = [`vf${index}`, `${uplink}v${index}`];
    const mac = `52:54:00:00:01:0${index}`;
    const pci = await vfAddress(machine, index);
    const tap = `
      ip -n ${netns} link add link ${vf} name tap0 type macvtap mode passthru
      ip -n ${netns} link set dev tap0 allmulticast on up`;
    // The driver takes what was set when it is bound.
    await machine.sh(`
      ip link set dev ${uplink} vf ${index} mac ${mac}
      ip link set dev ${uplink} vf ${index} vlan ${vlan ?? 0}
      echo ${pci} >/sys/bus/pci/drivers/igbvf/unbind
      echo ${pci} >/sys/bus/pci/drivers/igbvf/bind
      udevadm settle
      ${newNamespace(netns)}
      ip link set dev ${vf} netns ${netns}
      ip -n ${netns} link set dev ${vf} up
      ip -n ${netns} maddr add ${group} dev ${vf}
      ${macvtap ? tap : ""}`);
    links.push({ netns, link: macvtap ? "tap0" : vf, mac });
  }
  return links;
}

/** Until no VF has lost its link for three seconds: see bringUpVfs. */
export async function untilSteady(machine: Machine, vfs: readonly VfLink[]): Promise<void> {
  const each = vfs.map(({ netns }, index) => `ip netns exec ${netns} cat /sys/class/net/${uplink}v${index}/carrier`);
  await machine.sh(`
    steady=0 tries=0
    while [ $steady -lt 15 ]; do
      case $({ ${each.join("; ")}; } | tr -d '\\n') in
        *0*) steady=0 ;;
        *) steady=$((steady + 1)) ;;
      esac
      tries=$((tries + 1)); [ $tries -lt 450 ]
      sleep 0.2
    done`);
}

/** A veth in place of a VM's tap: the port in the bridge, the other end in a namespace of its own. `tagged`: a link for a VLAN. */
export async function addPort(
  machine: Machine,
  port: {
    readonly name: string;
    readonly bridge: string;
    readonly mac: string;
    readonly vlans: readonly string[];
    readonly tagged?: number;
  },
): Promise<void> {
  const { name, bridge, mac, vlans, tagged } = port;
  const inside = `ip -n ${name} link`;
  await machine.sh(`
    ${newNamespace(name)}
    ip link add name ${name} type veth peer name eth0 netns ${name} address ${mac}
    ip link set dev ${name} master ${bridge} up
    ${inside} set dev eth0 allmulticast on up
    ${tagged === undefined ? "" : `${inside} add link eth0 name eth0.${tagged} type vlan id ${tagged}; ${inside} set dev eth0.${tagged} allmulticast on up`}
    ${vlans.map((vlan) => `bridge vlan ${vlan}`).join("\n")}`);
}
