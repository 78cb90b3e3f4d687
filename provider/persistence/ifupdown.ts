import type { KeptFile } from "./kept-file.ts";
import type { Lasting } from "./lasting.ts";

/** interfaces(5): `source-directory` takes names of letters, digits, - and _ alone. */
const fileName = (name: string): string => `pulumi-kvm-network-${name.replaceAll(".", "_")}`;

/**
 * ifupdown knows bridges only by packages of others, and VFs not at all: it is told of the NIC, and to do the NIC's records before it
 * brings it up.
 */
export const ifupdownFiles = (lasting: Lasting): KeptFile[] => {
  if (lasting.what === "endpoint") return [];
  const { nic } = lasting;
  const [about, after] =
    lasting.what === "bridge"
      ? [lasting.name, `\nauto ${lasting.name}\niface ${lasting.name} inet manual\n`]
      : [lasting.what === "vf" ? `${nic}-vf${lasting.index}` : nic, ""];
  return [
    {
      path: `/etc/network/interfaces.d/${fileName(about)}`,
      text: `# Made by pulumi-kvm-network, and removed with what it is for.
auto ${nic}
iface ${nic} inet manual
    pre-up /bin/sh /etc/pulumi-kvm-network/replay --replay /sys/class/net/${nic}
${after}`,
    },
  ];
};
