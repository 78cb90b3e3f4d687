import type { HostFacts } from "../schema/facts.ts";
import type { NetworkManager } from "../schema/network-manager.ts";
import { ifupdownFiles } from "./ifupdown.ts";
import type { KeptFile } from "./kept-file.ts";
import type { Lasting } from "./lasting.ts";
import { networkManagerFiles } from "./network-manager.ts";
import { networkdFiles } from "./networkd.ts";

const byManager: Readonly<Record<NetworkManager, (lasting: Lasting, facts: HostFacts) => readonly KeptFile[]>> = {
  "systemd-networkd": networkdFiles,
  NetworkManager: networkManagerFiles,
  ifupdown: ifupdownFiles,
  none: () => [],
};

/** Who configures the host's network: whom the program names, else who runs; of several the one that takes new links for its own. */
export const managerOf = ({ networkManagers }: HostFacts, named: NetworkManager | undefined): NetworkManager =>
  named ??
  (["NetworkManager", "systemd-networkd", "ifupdown"] as const).find((each) => networkManagers.includes(each)) ??
  "none";

/** What the host's network manager is to know of it. */
export const managerFiles = (manager: NetworkManager, lasting: readonly Lasting[], facts: HostFacts): KeptFile[] =>
  lasting.flatMap((each) => byManager[manager](each, facts));
