import { observe } from "../discovery/observe.ts";
import type { Host } from "../host/host.ts";
import { hairpinAtBoot } from "../links/hairpin-ports.ts";
import { bridgeAtBoot, createBridge, portAtBoot } from "../links/linux-bridge.ts";
import { recordOf } from "../persistence/kept-file.ts";
import { movedBy } from "../planning/index.ts";
import type { HostBridgeInputs } from "../schema/host-bridge.ts";
import { bootGuardOf } from "./boot-guard.ts";
import { nameOf, uplinkIn, wantedOf } from "./linux-bridge-wanted.ts";
import { lastingBridge } from "./managed-moves.ts";
import { movesBy } from "./moves-by.ts";
import type { Outlasting } from "./resource-kind.ts";

/** For a host that boots: the NIC is what it is now, but free and with the host's IPv6, if there is any. */
export const lastingLinuxBridge = async (inputs: HostBridgeInputs, host: Host): Promise<Outlasting> => {
  const facts = await observe(host);
  const nic = uplinkIn(facts, inputs);
  const name = nameOf(inputs);
  const guard = bootGuardOf(facts, nic, inputs, [name]);
  const wanted = wantedOf(inputs);
  const hairpin = (inputs.hairpinPorts ?? []).map((port) =>
    recordOf({ link: port, name: `40-hairpin-${name}` }, hairpinAtBoot(port)),
  );
  // Whoever makes it can't mark it.
  const ours = { link: name, name: "30-bridge" };
  const manager = movedBy(nic);
  if (manager !== undefined) {
    const moves = movesBy[manager];
    const { lasting, staged } = await moves.lasting(inputs, host, nic);
    return { records: [recordOf(ours, moves.atBoot(inputs)), ...hairpin], lasting: [lasting], manager, staged, guard };
  }
  // Who gives the host its addresses at boot gives them to the uplink.
  if (inputs.moveAddresses === true) return { records: [] };
  const atBoot = { ...nic, addresses: [], ipv6Disabled: nic.ipv6Disabled === null ? null : false };
  const bridge = recordOf({ link: nic.name, name: `30-${name}`, makes: name }, createBridge(wanted, atBoot));
  const port = recordOf({ link: nic.name, name: `31-${name}` }, portAtBoot(wanted, nic.name));
  const records = [bridge, port, recordOf(ours, bridgeAtBoot(wanted)), ...hairpin];
  return { records, lasting: [lastingBridge(inputs, nic)], manager: inputs.uplink?.networkManager, guard };
};
