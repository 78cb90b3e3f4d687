import { observe } from "../discovery/observe.ts";
import type { Host } from "../host/host.ts";
import { hairpinAtBoot } from "../links/hairpin-ports.ts";
import { bridgeAtBoot, createBridge, portAtBoot } from "../links/linux-bridge.ts";
import { recordOf } from "../persistence/kept-file.ts";
import type { Lasting } from "../persistence/lasting.ts";
import type { HostBridgeInputs } from "../schema/host-bridge.ts";
import { settledBridge } from "../schema/linux-bridge-settings.ts";
import { nameOf, portOf, uplinkIn, wantedOf } from "./linux-host-bridge.ts";
import type { Outlasting } from "./resource-kind.ts";

const lastingVlans = (inputs: HostBridgeInputs): Pick<Extract<Lasting, { what: "bridge" }>, "vlans"> => {
  const { defaultPvid } = inputs;
  const vlan = portOf(inputs)?.vlan;
  return defaultPvid === undefined || vlan === undefined ? {} : { vlans: { defaultPvid, ...vlan } };
};

/** For a host that boots: the NIC is what it is now, but free and with the host's IPv6, if there is any. */
export const lastingLinuxBridge = async (inputs: HostBridgeInputs, host: Host): Promise<Outlasting> => {
  const nic = uplinkIn(await observe(host), inputs);
  const atBoot = { ...nic, addresses: [], ipv6Disabled: nic.ipv6Disabled === null ? null : false };
  const name = nameOf(inputs);
  const wanted = wantedOf(inputs);
  const bridge = recordOf({ link: nic.name, name: `30-${name}`, makes: name }, createBridge(wanted, atBoot));
  const port = recordOf({ link: nic.name, name: `31-${name}` }, portAtBoot(wanted, nic.name));
  // Whoever makes it can't mark it.
  const ours = recordOf({ link: name, name: "30-bridge" }, bridgeAtBoot(wanted));
  const hairpin = (inputs.hairpinPorts ?? []).map((port) =>
    recordOf({ link: port, name: `40-hairpin-${name}` }, hairpinAtBoot(port)),
  );
  const { hairpin: reflects = false, isolated = false } = inputs.uplinkPort ?? {};
  const lasting: Lasting = {
    what: "bridge",
    name,
    nic: nic.name,
    mac: wanted.mac ?? nic.mac,
    mtu: wanted.mtu ?? nic.mtu,
    settings: settledBridge(inputs),
    port: { hairpin: reflects, isolated },
    ...lastingVlans(inputs),
  };
  return { records: [bridge, port, ours, ...hairpin], lasting: [lasting], manager: inputs.uplink?.networkManager };
};
