import type { BridgeWanted } from "../links/linux-bridge.ts";
import { findLink, noUplink } from "../planning/index.ts";
import { KvmNetworkError } from "../schema/error.ts";
import type { HostFacts, LinkFacts } from "../schema/facts.ts";
import type { HostBridgeInputs } from "../schema/host-bridge.ts";
import { settledBridge } from "../schema/linux-bridge-settings.ts";

export const refuse = (reason: string): never => {
  throw new KvmNetworkError("bridge-refused", reason);
};

export const nicOf = (inputs: HostBridgeInputs): string =>
  inputs.uplink?.nic ?? refuse("a bridge of this type needs an uplink");

export const nameOf = (inputs: HostBridgeInputs): string => inputs.name ?? refuse("a Linux bridge needs a name");

export const wantedOf = (inputs: HostBridgeInputs): BridgeWanted => {
  const { mac, mtu, vlanFiltering, defaultPvid } = inputs;
  const given = Object.entries({ mac, mtu, vlanFiltering, defaultPvid, port: portOf(inputs) }).filter(
    ([, value]) => value !== undefined,
  );
  return { name: nameOf(inputs), alias: inputs.mark, ...settledBridge(inputs), ...Object.fromEntries(given) };
};

/** Check has filled in what was left out. */
export const portOf = ({ uplinkPort }: HostBridgeInputs): BridgeWanted["port"] => {
  if (uplinkPort === undefined) return undefined;
  const { hairpin, isolated, vlan } = uplinkPort;
  const { pvid, tagged } = vlan ?? {};
  return { hairpin, isolated, ...(pvid === undefined || tagged === undefined ? {} : { vlan: { pvid, tagged } }) };
};

export const uplinkIn = (facts: HostFacts, inputs: HostBridgeInputs): LinkFacts =>
  findLink(facts, nicOf(inputs)) ?? refuse(noUplink(facts, nicOf(inputs)));
