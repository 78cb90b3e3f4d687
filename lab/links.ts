import { attempt, run } from "./command.ts";
import { LabError } from "./lab-error.ts";
import { enter, enterNetwork, type Namespace } from "./namespace.ts";
import { type Slot, slotOf } from "./slot.ts";

/** The hypervisor's end of the link to the runner: SSH comes in here. */
export const managementLink = "mgmt";

/** The switch's ports take jumbo frames, as hardware switches do: an uplink's MTU is then the hypervisor's own affair. */
export const switchMtu = 9216;

const batch = (namespace: Namespace | undefined, lines: readonly string[]) => {
  const argv = ["ip", "-batch", "-"];
  return run(namespace === undefined ? argv : enterNetwork(namespace, argv), { input: `${lines.join("\n")}\n` });
};

/** The switch's port for an uplink. */
export const portName = (hypervisor: string, uplink: string): string => `${hypervisor}-${uplink}`;

/** Joins a hypervisor to this machine, for SSH alone: there is no route any further. */
export async function makeManagementLink(hypervisor: Namespace, slot: Slot): Promise<void> {
  await batch(undefined, [
    `link add name ${slot.link} type veth peer name ${managementLink} netns ${hypervisor.pid}`,
    `addr add ${slot.runnerAddress}/30 dev ${slot.link}`,
    `link set dev ${slot.link} up`,
  ]);
}

/** Gives a hypervisor in a namespace its end of that link; a machine's own NIC has the address. */
export async function addressManagementLink(hypervisor: Namespace, slot: Slot): Promise<void> {
  await batch(hypervisor, [
    `addr add ${slot.hypervisorAddress}/30 dev ${managementLink}`,
    `link set dev ${managementLink} up`,
  ]);
}

/** Keeps a namespace that only passes frames on from sending any of its own, from every link that is made later. */
export async function silenceNamespace(namespace: Namespace): Promise<void> {
  const script = "for conf in all default; do echo 1 >/proc/sys/net/ipv6/conf/$conf/disable_ipv6; done";
  await run(enter(namespace, ["sh", "-c", script]));
}

/** The link goes with its namespace, but later: the kernel clears a namespace away in its own time. */
export async function removeManagementLink(slot: number): Promise<void> {
  const { link } = slotOf(slot);
  const result = await attempt(["ip", "link", "del", "dev", link]);
  if (result.status !== 0 && !result.stderr.includes("Cannot find device"))
    throw new LabError("lab_command", `ip link del ${link}: ${result.stderr.trim()}`);
}

/**
 * A bridge without spanning tree passes 01-80-C2-00-00-00 on (net/bridge/br_input.c), and with it the LLDP of one station to
 * all others. A switch does not (IEEE 802.1Q, table 8-1): each station hears the switch alone.
 */
const reservedAddresses = `table bridge lab {
  chain forward {
    type filter hook forward priority 0
    ether daddr & ff:ff:ff:ff:ff:f0 == 01:80:c2:00:00:00 drop
  }
}
`;

interface Cabled {
  readonly uplinks: readonly string[];
  readonly nics: readonly string[];
}

/** A hypervisor's links to the adjacent switch. */
export const cabled = ({ uplinks, nics }: Cabled): string[] => [...uplinks, ...nics];

/**
 * The adjacent switch: bridge `sw1` joins every hypervisor's `eth1`, `sw2` every `eth2`, …: uplinks of one number are one
 * broadcast domain, uplinks of different numbers are apart. Plain NICs are all at `sw1`. The switch itself sends nothing.
 */
export async function makeSwitch(
  switchNamespace: Namespace,
  hypervisors: readonly (Cabled & { readonly namespace: Namespace })[],
): Promise<void> {
  await silenceNamespace(switchNamespace);
  await run(enterNetwork(switchNamespace, ["nft", "-f", "-"]), { input: reservedAddresses });
  const numbers = Math.max(0, ...hypervisors.map(({ uplinks }) => uplinks.length));
  const bridges = Array.from({ length: numbers }, (_, index) => `sw${index + 1}`);
  await batch(switchNamespace, [
    ...bridges.map((bridge) => `link add name ${bridge} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`),
    ...hypervisors.flatMap(({ namespace, uplinks, nics }) =>
      cabled({ uplinks, nics }).flatMap((link, index) => {
        const port = portName(namespace.name, link);
        return [
          `link add name ${port} mtu ${switchMtu} type veth peer name ${link} netns ${namespace.pid}`,
          `link set dev ${port} master ${bridges[index < uplinks.length ? index : 0]} up`,
        ];
      }),
    ),
    ...bridges.map((bridge) => `link set dev ${bridge} up`),
  ]);
  await Promise.all(
    hypervisors.map(({ namespace, ...links }) =>
      batch(
        namespace,
        cabled(links).map((link) => `link set dev ${link} up`),
      ),
    ),
  );
}

/** Turns reflective relay on a port of the switch on or off. */
export async function setHairpin(switchNamespace: Namespace, port: string, on: boolean): Promise<void> {
  await run(enterNetwork(switchNamespace, ["bridge", "link", "set", "dev", port, "hairpin", on ? "on" : "off"]));
}

/**
 * Numbers the hypervisor's later links from `firstIndex` on. /dev/tapN is named by interface index and /dev is one for all
 * namespaces: with equal indices one hypervisor's macvtap would open the other's. The kernel's counter only moves by making
 * links, 500 pairs at a time to keep memory low; those that are too small for IPv6 and have one queue are made fastest.
 */
export async function raiseInterfaceIndices(hypervisor: Namespace, firstIndex: number): Promise<void> {
  const group = 4711;
  const kind = `mtu 1000 numtxqueues 1 numrxqueues 1 group ${group}`;
  for (let index = 0; index < firstIndex; index += 1000) {
    const pairs = Array.from({ length: Math.min(500, (firstIndex - index) / 2) }, (_, pair) => {
      return `link add name raise${pair}a ${kind} type veth peer name raise${pair}b ${kind}`;
    });
    await batch(hypervisor, [...pairs, `link del group ${group}`]);
  }
}
