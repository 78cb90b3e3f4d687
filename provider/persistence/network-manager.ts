import type { KeptFile } from "./kept-file.ts";
import type { Lasting } from "./lasting.ts";
import { keptProfiles } from "./network-manager-bridge.ts";

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
 * NetworkManager is told to leave our links alone, and the records do the rest: it activates one profile a device, and what several
 * resources say of one NIC can't be put together from a file of each. It is told twice (NetworkManager.conf(5)): `unmanaged-devices`
 * also counts for links that are there already, and is lost where a file that comes later sets the whole list; `managed` counts for
 * those that appear, whoever says what there. Not so where the host's own addresses are on the bridge: those are its affair.
 */
export const networkManagerFiles = (lasting: Lasting): KeptFile[] => {
  if (lasting.what === "bridge" && lasting.owners !== undefined) return keptProfiles(lasting);
  const links = linksOf(lasting);
  if (links.length === 0) return [];
  const [link = ""] = links;
  const name = (lasting.what === "endpoint" && lasting.of !== undefined ? `${link}-${lasting.of}` : link).replaceAll(
    "*",
    "",
  );
  const devices = links.map((each) => `interface-name:${each}`).join(";");
  const lines = [
    "# Made by pulumi-kvm-network, and removed with what it is for.",
    ...["[keyfile]", `unmanaged-devices+=${devices}`],
    ...[`[device-pulumi-kvm-network-${name}]`, `match-device=${devices}`, "managed=0"],
  ];
  return [{ path: `/etc/NetworkManager/conf.d/50-pulumi-kvm-network-${name}.conf`, text: `${lines.join("\n")}\n` }];
};
