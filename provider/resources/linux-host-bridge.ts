import { z } from "zod";
import { observe } from "../discovery/observe.ts";
import { commandFailed } from "../host/command-failed.ts";
import type { Host } from "../host/host.ts";
import { changeHairpin } from "../links/hairpin-ports.ts";
import {
  type BridgeLinks,
  changeBridge,
  createBridge,
  foreignPorts,
  type PortOriginal,
  releaseUplink,
  removeBridge,
  restorePort,
} from "../links/linux-bridge.ts";
import type { Ours } from "../links/ours.ts";
import { portVlansFrom } from "../links/port-vlans.ts";
import { addressesMovedBy, findLink, hostAddresses, movedBy } from "../planning/index.ts";
import { KvmNetworkError } from "../schema/error.ts";
import type { HostFacts, LinkFacts } from "../schema/facts.ts";
import type { HostBridgeInputs } from "../schema/host-bridge.ts";
import { settledBridge } from "../schema/linux-bridge-settings.ts";
import { noVlanFiltering } from "./bridge-vlans.ts";
import { changeCarrier, changeNetwork, isCarrier } from "./change-carrier.ts";
import { changeHost, tryChange } from "./change-host.ts";
import { ForeignObject } from "./foreign.ts";
import { gatewayBefore, moveFromBridge, moveToBridge, reroute } from "./host-bridge-addresses.ts";
import { enslavingObjections, mtuObjections } from "./host-bridge-check.ts";
import { nameOf, nicOf, refuse, uplinkIn, wantedOf } from "./linux-bridge-wanted.ts";
import type { ManagedMove } from "./managed-moves.ts";
import { movesBy } from "./moves-by.ts";
import { mustLeaveAlone } from "./network-manager-moves.ts";
import type { Properties } from "./resource-kind.ts";

const kind = "HostBridge";

const originalSchema = z.object({
  ipv6Disabled: z.boolean().nullable().catch(null),
  gateway: z.string().optional(),
});

const originalOf = (previous: Properties | undefined, nic: LinkFacts): PortOriginal => {
  const before = originalSchema.safeParse(previous?.original).data;
  if (before !== undefined) {
    const { gateway, ...rest } = before;
    return { ...rest, ...(gateway === undefined ? {} : { gateway }) };
  }
  // A port of ours whose state is lost: IPv6 is on by default, and was taken away by us.
  return { ipv6Disabled: nic.master === null ? nic.ipv6Disabled : nic.ipv6Disabled === null ? null : false };
};

/** The same, with the gateway that is managed from now on. */
const originalWithGateway = (
  { gateway: asked }: HostBridgeInputs,
  facts: HostFacts,
  nic: LinkFacts,
  original: PortOriginal,
): PortOriginal => {
  if (asked === undefined || original.gateway !== undefined) return original;
  const gateway = gatewayBefore(facts, nic.master ?? nic.name, asked);
  return gateway === undefined ? original : { ...original, gateway };
};

const addressManagerOf = ({ moveAddresses, uplink }: HostBridgeInputs, facts: HostFacts, nic: LinkFacts) =>
  moveAddresses === true ? addressesMovedBy(facts, nic.name, uplink?.networkManager) : undefined;

/** From the uplink to a bridge that is made of it, with the host's addresses where there are any to move. */
const moveToNewBridge = async (
  inputs: HostBridgeInputs,
  host: Host,
  facts: HostFacts,
  nic: LinkFacts,
): Promise<ManagedMove | undefined> => {
  const manager = addressManagerOf(inputs, facts, nic);
  if (manager !== undefined)
    return hostAddresses(nic).length === 0 ? undefined : await movesBy[manager].toBridge(inputs, host, nic);
  const { networkManager } = inputs.uplink ?? {};
  if (facts.networkManagers.includes("NetworkManager") && networkManager !== "none")
    await mustLeaveAlone(host, nic.name);
  const moving = await moveToBridge(inputs, host, nic, nameOf(inputs));
  if (moving === undefined) return undefined;
  const { moved, ...reached } = moving;
  return { ...reached, steps: createBridge(wantedOf(inputs), nic, moved) };
};

const create = async (
  inputs: HostBridgeInputs,
  host: Host,
  before: HostFacts,
  nic: LinkFacts,
  original: PortOriginal,
): Promise<void> => {
  const name = nameOf(inputs);
  const what = `create the bridge ${name} on ${nic.name}`;
  if (isCarrier(before, nic)) {
    const move = await moveToNewBridge(inputs, host, before, nic);
    const and = move === undefined ? "" : ", with the host's addresses";
    const change = move ?? { steps: createBridge(wantedOf(inputs), nic) };
    await changeCarrier(host, inputs, kind, `${what}${and}`, { facts: before, nic, made: [name], ...change });
    return;
  }
  const steps = createBridge(wantedOf(inputs), nic);
  const answer = await tryChange(host, inputs, kind, what, steps);
  if (answer.failed === undefined) return;
  const failure = commandFailed(host, steps, answer);
  // Between "as before" and "as asked" there is nothing: what was begun is taken back before the error is told.
  const facts = await observe(host);
  const ours = { name, alias: inputs.mark };
  const half = findLink(facts, ours.name);
  if (half?.alias === inputs.mark) {
    const undo = removeBridge(ours, findLink(facts, nic.name), original);
    await changeHost(host, inputs, kind, `take back the half-made bridge ${ours.name}`, undo);
  }
  const unsupported = inputs.vlanFiltering === true && /not supported/i.test(failure.stderr);
  throw unsupported ? new KvmNetworkError("bridge-refused", noVlanFiltering(facts.hostname)) : failure;
};

/** A port that is not there can't reflect: said before anything is touched. */
const mustBePorts = (facts: HostFacts, inputs: HostBridgeInputs): void => {
  const name = nameOf(inputs);
  const missing = inputs.hairpinPorts?.filter((port) => findLink(facts, port)?.master !== name) ?? [];
  if (missing.length === 0) return;
  refuse(
    `hairpinPorts: ${missing.join(", ")} of ${facts.hostname} is no port of the bridge ${name}: put it there first ` +
      `(ip link set dev PORT master ${name}), or leave it out`,
  );
};

const ensureHairpin = async (inputs: HostBridgeInputs, host: Host, previous: Properties | undefined): Promise<void> => {
  const wanted = inputs.hairpinPorts ?? [];
  const before = Array.isArray(previous?.hairpinPorts) ? previous.hairpinPorts.map(String) : [];
  if (wanted.length === 0 && before.length === 0) return;
  const ports = foreignPorts((await observe(host)).links, nameOf(inputs), nicOf(inputs));
  const steps = changeHairpin(ports, wanted, before);
  if (steps.length > 0) await changeHost(host, inputs, kind, `set hairpin of ports of ${inputs.name}`, steps);
};

const change = async (
  inputs: HostBridgeInputs,
  host: Host,
  facts: HostFacts,
  { bridge, uplink }: BridgeLinks,
  original: PortOriginal,
): Promise<void> => {
  const manager = addressManagerOf(inputs, facts, uplink);
  if (manager !== undefined && hostAddresses(uplink).length > 0) {
    refuse(
      `the bridge ${bridge.name} is on ${facts.hostname} already, and ${manager}, which is to give it the host's addresses of ` +
        `${uplink.name}, would not go on with one that it has not made: remove it first (ip link del ${bridge.name})`,
    );
  }
  const moving =
    manager === undefined
      ? ((await moveToBridge(inputs, host, uplink, bridge.name)) ??
        (await reroute(inputs, host, bridge.name, original)))
      : undefined;
  const { moved, ...reached } = moving ?? {};
  const steps = changeBridge({ bridge, uplink }, wantedOf(inputs), moved);
  if (steps.length === 0) return;
  const what = `bring the bridge ${bridge.name} to what is asked`;
  await changeNetwork(host, inputs, kind, what, { facts, nic: uplink, steps, ...reached });
};

/** Brings the bridge, and the uplink's place in it, to what is asked; gives what the uplink was before. */
export const ensureLinuxBridge = async (
  inputs: HostBridgeInputs,
  host: Host,
  previous: Properties | undefined,
): Promise<PortOriginal> => {
  const facts = await observe(host);
  const nic = uplinkIn(facts, inputs);
  const name = nameOf(inputs);
  const [objection] = [
    ...enslavingObjections(facts, nic, inputs),
    ...mtuObjections(inputs.mtu, inputs.uplink?.mtu, nic),
  ];
  if (objection !== undefined) refuse(objection.reason);
  mustBePorts(facts, inputs);
  const original = originalWithGateway(inputs, facts, nic, originalOf(previous, nic));
  const bridge = findLink(facts, name);
  if (bridge === undefined) {
    await create(inputs, host, facts, nic, original);
    return original;
  }
  if (bridge.alias !== inputs.mark && !(inputs.adopt && bridge.kind === "bridge")) {
    throw new ForeignObject(inputs.host, `the link ${name}`, bridge.alias);
  }
  await change(inputs, host, facts, { bridge, uplink: nic }, original);
  await ensureHairpin(inputs, host, previous);
  return original;
};

const settingsOf = (inputs: HostBridgeInputs, bridge: LinkFacts): Partial<HostBridgeInputs> => ({
  // What the kernel does not tell for the moment is taken as asked.
  ...settledBridge({ ...inputs, ...bridge.bridge }),
  ...(inputs.mtu === undefined ? {} : { mtu: bridge.mtu }),
  ...(inputs.mac === undefined ? {} : { mac: bridge.mac }),
  ...(inputs.vlanFiltering === undefined ? {} : { vlanFiltering: bridge.bridge?.vlanFiltering === true }),
  ...(inputs.defaultPvid === undefined ? {} : { defaultPvid: bridge.bridge?.defaultPvid ?? 0 }),
});

/** The uplink's place in the bridge; of its VLANs there is nothing to tell while the bridge does not filter, or nobody looked. */
const uplinkPortOf = (inputs: HostBridgeInputs, { bridgePort }: LinkFacts): Partial<HostBridgeInputs> => {
  if (bridgePort === null) return {};
  const { hairpin, isolated, vlans } = bridgePort;
  const asked = inputs.uplinkPort?.vlan;
  const found = vlans === undefined ? asked : portInputs(portVlansFrom(vlans));
  return { uplinkPort: { hairpin, isolated, ...(asked === undefined || found === undefined ? {} : { vlan: found }) } };
};

const portInputs = ({ pvid, tagged, untagged }: ReturnType<typeof portVlansFrom>) => ({
  pvid,
  tagged: [...tagged],
  ...(untagged === undefined ? {} : { untagged: [...untagged] }),
});

/** The host's addresses that are on the bridge, on their way to the NIC. */
const giveBack = async (
  bridge: LinkFacts,
  ours: Ours,
  host: Host,
  nic: LinkFacts,
  original: PortOriginal,
): Promise<ManagedMove | undefined> => {
  const manager = movedBy(nic);
  if (manager !== undefined) return await movesBy[manager].toNic(ours, host, nic.name, original);
  const moving = await moveFromBridge(host, bridge, nic.name, original);
  if (moving === undefined) return undefined;
  const { moved, ...reached } = moving;
  return { ...reached, steps: releaseUplink(ours, nic.name, moved, original) };
};

export const removeLinuxBridge = async (inputs: HostBridgeInputs, host: Host, previous: Properties): Promise<void> => {
  const facts = await observe(host);
  const name = nameOf(inputs);
  const nic = findLink(facts, nicOf(inputs));
  const bridge = findLink(facts, name);
  const original = nic && originalOf(previous, nic);
  const manager = nic && movedBy(nic);
  const forgotten = nic && manager ? movesBy[manager].forget(name, nic.name) : [];
  const leave = async (port: LinkFacts | undefined) => {
    const restored = port && original && port.master === null ? restorePort(port, original) : [];
    const steps = [...restored, ...forgotten];
    if (steps.length > 0) await changeHost(host, inputs, kind, `give ${nicOf(inputs)} back what it was`, steps);
  };
  if (bridge === undefined || bridge.alias !== inputs.mark) return await leave(nic);
  const others = foreignPorts(facts.links, name, nicOf(inputs));
  if (others.length > 0) {
    const ports = others.map((port) => port.name).join(", ");
    refuse(
      `the bridge ${name} on ${inputs.host} still has the ports ${ports}: detach them first, removing it would cut them off`,
    );
  }
  const ours = { name, alias: inputs.mark };
  const back = nic && original && (await giveBack(bridge, ours, host, nic, original));
  if (back) {
    const what = `give the host's addresses back to ${nic.name}`;
    await changeCarrier(host, inputs, kind, what, { facts, nic, emptied: name, ...back });
  }
  // It has no addresses any more, and perhaps no port; its network manager may have removed it.
  const now = back ? await observe(host) : facts;
  const port = nic && findLink(now, nic.name);
  if (findLink(now, name) === undefined) return await leave(port);
  const steps = [...forgotten, ...removeBridge(ours, port, original)];
  await changeHost(host, inputs, kind, `remove the bridge ${name}`, steps);
};

export interface ObservedBridge {
  readonly inputs: HostBridgeInputs;
  readonly original: PortOriginal | undefined;
}

/** The inputs as they would be for what is there; undefined when the bridge is gone, or somebody else's. */
export const observeLinuxBridge = (
  facts: HostFacts,
  inputs: HostBridgeInputs,
  previous: Properties,
): ObservedBridge | undefined => {
  const nic = findLink(facts, nicOf(inputs));
  const bridge = findLink(facts, nameOf(inputs));
  if (bridge?.kind !== "bridge" || bridge.alias !== inputs.mark) return undefined;
  const inside = nic !== undefined && nic.master === bridge.name;
  const port = inside ? uplinkPortOf(inputs, nic) : {};
  const reflects = (name: string) => {
    const found = findLink(facts, name);
    return found?.master === bridge.name && found.bridgePort?.hairpin === true;
  };
  const hairpin = inputs.hairpinPorts && { hairpinPorts: inputs.hairpinPorts.filter(reflects) };
  // Under a bridge an address answers nobody: it has not moved.
  const left = inside && hostAddresses(nic).length > 0;
  const moves = {
    ...(inputs.moveAddresses === true && left ? { moveAddresses: false } : {}),
    ...(inputs.gateway === undefined ? {} : { gateway: gatewayBefore(facts, bridge.name, inputs.gateway) }),
  };
  const members = inside ? [nicOf(inputs)] : [];
  return {
    inputs: { ...inputs, ...settingsOf(inputs, bridge), ...port, ...hairpin, ...moves, members },
    original: nic && originalOf(previous, nic),
  };
};
