import type { KeptFile } from "./kept-file.ts";
import type { Lasting } from "./lasting.ts";

const linksOf = (lasting: Lasting): string[] => {
  switch (lasting.what) {
    // By default it would give each VF that appears a profile of its own, and ask for an address there.
    case "nic":
      return lasting.numVfs === undefined ? [] : [`${lasting.nic}v*`];
    case "bridge":
      return [lasting.name, lasting.nic];
    case "vf":
      return [];
    case "endpoint":
      return [lasting.name];
  }
};

/**
 * NetworkManager is told to leave our links alone (NetworkManager.conf(5), unmanaged-devices), and the records do the rest: it
 * activates one profile a device, and what several resources say of one NIC can't be put together from a file of each.
 */
export const networkManagerFiles = (lasting: Lasting): KeptFile[] => {
  const links = linksOf(lasting);
  if (links.length === 0) return [];
  const [link = ""] = links;
  const name = lasting.what === "endpoint" && lasting.of !== undefined ? `${link}-${lasting.of}` : link;
  return [
    {
      path: `/etc/NetworkManager/conf.d/50-pulumi-kvm-network-${name.replaceAll("*", "")}.conf`,
      text: `# Made by pulumi-kvm-network, and removed with what it is for.\n[keyfile]\nunmanaged-devices+=${links.map((link) => `interface-name:${link}`).join(";")}\n`,
    },
  ];
};
