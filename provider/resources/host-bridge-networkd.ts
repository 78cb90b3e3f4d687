import { readNetworkFiles } from "../discovery/network-files.ts";
import type { Host } from "../host/host.ts";
import { ipBatch } from "../links/batch.ts";
import { gatewaysOf, moveSettings, takeHostAddresses } from "../links/host-addresses.ts";
import { mustBeOurs, type Ours } from "../links/ours.ts";
import type { KeptFile } from "../persistence/kept-file.ts";
import type { Lasting } from "../persistence/lasting.ts";
import { hostBridgeFiles, stagedBridge } from "../persistence/networkd.ts";
import { ownersWords, ownersWordsIn } from "../persistence/networkd-owner.ts";
import { KvmNetworkError } from "../schema/error.ts";
import type { LinkFacts } from "../schema/facts.ts";
import type { HostBridgeInputs } from "../schema/host-bridge.ts";
import { settledBridge } from "../schema/linux-bridge-settings.ts";
import type { Steps } from "./change-host.ts";
import { lookAtAddresses, type Move } from "./host-bridge-addresses.ts";
import { nameOf, portOf, wantedOf } from "./linux-bridge-wanted.ts";

/*
 * The host's own addresses on a NIC that systemd-networkd configures: it is given other files, and moves them itself. A lease is so
 * obtained by the bridge, with the identity that the NIC had, and renewed there.
 */

type LastingBridge = Extract<Lasting, { what: "bridge" }>;

const vlansOf = (inputs: HostBridgeInputs): Pick<LastingBridge, "vlans"> => {
  const { defaultPvid } = inputs;
  const vlan = portOf(inputs)?.vlan;
  return defaultPvid === undefined || vlan === undefined ? {} : { vlans: { defaultPvid, ...vlan } };
};

/** The bridge as a network manager is told of it. */
export const lastingBridge = (inputs: HostBridgeInputs, nic: LinkFacts): LastingBridge => {
  const { hairpin = false, isolated = false } = inputs.uplinkPort ?? {};
  const wanted = wantedOf(inputs);
  return {
    what: "bridge",
    name: nameOf(inputs),
    nic: nic.name,
    mac: wanted.mac ?? nic.mac,
    mtu: wanted.mtu ?? nic.mtu,
    settings: settledBridge(inputs),
    port: { hairpin, isolated },
    ...vlansOf(inputs),
  };
};

/** A move that networkd makes: the steps that go before the rest of it, and those behind. */
export interface ManagedMove extends Move {
  readonly before: Steps;
  readonly files: Steps;
}

const take = async (host: Host, from: string, to: string) => {
  const found = await lookAtAddresses(host, from);
  const { lines, given } = takeHostAddresses(found, from);
  return {
    moved: { settings: moveSettings(found, to), lines },
    gateways: gatewaysOf(found).map((address) => ({ address, link: to })),
    obtained: { link: to, addresses: given },
  };
};

/** From the NIC to its bridge. */
export const manageOnBridge = async (inputs: HostBridgeInputs, host: Host, nic: LinkFacts): Promise<ManagedMove> => {
  const found = await readNetworkFiles(host, nic.name);
  const { refused, ...owners } = ownersWords(nic.name, found);
  const where = `${nic.name} of ${host.name} is configured by systemd-networkd (${found.files[0]?.path})`;
  if (refused !== undefined) {
    const reason =
      `${where}: this version does not know what ${refused} would mean on a bridge. Nothing was done: take it out there, or make the ` +
      "bridge there and use HostBridge.existing";
    throw new KvmNetworkError("bridge-refused", reason);
  }
  if (inputs.gateway !== undefined) {
    const reason = `gateway: ${where}, which says by which gateway the host is reached: change it there`;
    throw new KvmNetworkError("bridge-refused", reason);
  }
  // The bridge is made by networkd: one that is there already it would not go on with (systemd 257).
  const stage = (files: readonly KeptFile[]) => files.map((file) => ({ verb: "stage", ...file }) as const);
  const { netdev, networks } = stagedBridge({ ...lastingBridge(inputs, nic), owners });
  const name = nameOf(inputs);
  return {
    ...(await take(host, nic.name, name)),
    before: [...stage(netdev), { verb: "reload", link: name }],
    files: [...stage(networks), { verb: "reload" }],
  };
};

/** And back to what the NIC's owner says of it. */
export const manageOnNic = async (host: Host, bridge: Ours, nic: string): Promise<ManagedMove> => {
  const files = hostBridgeFiles(bridge.name, nic).networks.map((path) => ({ verb: "aside", path }) as const);
  const { moved, ...reached } = await take(host, bridge.name, nic);
  // First, for networkd would take them itself from a bridge that has lost its port.
  const before = [mustBeOurs(bridge), ...(moved.lines.length === 0 ? [] : [ipBatch(moved.lines)])];
  return { moved: { ...moved, lines: [] }, ...reached, before, files: [...files, { verb: "reload" }] };
};

/** What networkd has made it makes again until its file is gone: that goes before the bridge does. */
export const forgetBridge = (bridge: string, nic: string): Steps => {
  const { networks, netdevs } = hostBridgeFiles(bridge, nic);
  return [...[...networks, ...netdevs].map((path) => ({ verb: "forget", path }) as const), { verb: "reload" }];
};

/** What outlasts a reboot of such a bridge, made of what networkd goes by now; and what is staged, which it takes the place of. */
export const lastingManaged = async (inputs: HostBridgeInputs, host: Host, nic: LinkFacts) => {
  const bridge = nameOf(inputs);
  const [ofBridge, ofNic] = await Promise.all([readNetworkFiles(host, bridge), readNetworkFiles(host, nic.name)]);
  const owners = ownersWordsIn(ofBridge.files[0]?.text ?? "", ofNic.files[0]?.text ?? "");
  const { networks, netdevs } = hostBridgeFiles(bridge, nic.name);
  return {
    lasting: { ...lastingBridge(inputs, nic), owners },
    staged: [...networks, ...netdevs].filter((path) => path.startsWith("/run/")),
  };
};
