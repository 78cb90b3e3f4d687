import { ourLogical } from "../schema/network-manager.ts";
import type { KeptFile } from "./kept-file.ts";
import type { Lasting } from "./lasting.ts";

type LastingBridge = Extract<Lasting, { what: "bridge" }>;

const head = "# Made by pulumi-kvm-network, and removed with what it is for.\n";

/** interfaces(5): `source-directory` takes names of letters, digits, - and _ alone. */
const pathOf = (root: "/etc" | "/run", name: string): string =>
  `${root}/network/interfaces.d/pulumi-kvm-network-${name.replaceAll(".", "_")}`;

const replayOf = (link: string): string => `/bin/sh /etc/pulumi-kvm-network/replay --replay /sys/class/net/${link}`;

/** As which logical interface a NIC is the port of a bridge. */
export const logicalOf = (nic: string): string => `${ourLogical}${nic}`;

/**
 * A bridge with the host's own addresses. The owner's stanza of the NIC stays as it is: a mapping has the NIC brought up as another logical
 * interface, which makes the bridge first. The mapping's script is told the NIC's name, and its `map` line on standard input: grep says that
 * line again (interfaces(5)). What is not ifupdown's to say the bridge's record says.
 */
const bridgeText = ({ name, nic, mac, owners }: LastingBridge): string => {
  const bridge = owners?.bridge ?? [];
  const lines = [
    `mapping ${nic}`,
    "    script grep",
    `    map ${logicalOf(nic)}`,
    `iface ${logicalOf(nic)} inet manual`,
    `    pre-up [ -e /sys/class/net/${name} ] || ip link add name ${name} address ${mac} type bridge`,
    `    pre-up ip link set dev ${nic} master ${name}`,
    `    pre-up ${replayOf(name)} || true`,
    ...(owners?.nic.iface ?? []),
    ...bridge.flatMap((line) => (line.startsWith("iface ") ? [line, `    pre-up ifup ${nic} || true`] : [line])),
  ];
  return `${head}${lines.join("\n")}\n`;
};

/** The same until a reboot: ifupdown is told that file by name. */
export const stagedInterfaces = (lasting: LastingBridge): KeptFile => ({
  path: pathOf("/run", lasting.name),
  text: bridgeText(lasting),
});

/** Every file of such a bridge, kept and staged. */
export const interfacesPaths = (bridge: string): string[] => [pathOf("/etc", bridge), pathOf("/run", bridge)];

/**
 * ifupdown knows bridges only by packages of others, and VFs not at all: it is told of the NIC, and to do the NIC's records before it
 * brings it up.
 */
export const ifupdownFiles = (lasting: Lasting): KeptFile[] => {
  if (lasting.what === "endpoint") return [];
  const { nic } = lasting;
  if (lasting.what === "bridge" && lasting.owners !== undefined)
    return [{ path: pathOf("/etc", lasting.name), text: bridgeText(lasting) }];
  const [about, after] =
    lasting.what === "bridge"
      ? [lasting.name, `\nauto ${lasting.name}\niface ${lasting.name} inet manual\n`]
      : [lasting.what === "vf" ? `${nic}-vf${lasting.index}` : nic, ""];
  return [
    {
      path: pathOf("/etc", about),
      text: `${head}auto ${nic}
iface ${nic} inet manual
    pre-up ${replayOf(nic)}
${after}`,
    },
  ];
};
