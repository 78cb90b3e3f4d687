import { readNetworkFiles } from "../discovery/network-files.ts";
import type { Host, Step } from "../host/host.ts";
import { gatewaysOf, moveSettings, takeHostAddresses } from "../links/host-addresses.ts";
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

const reload: Step = { verb: "run", argv: ["networkctl", "reload"] };

/** A move whose second half networkd does, by files that it is given behind the first. */
export interface ManagedMove extends Move {
  readonly files: Steps;
}

const take = async (host: Host, from: string, to: string): Promise<Omit<ManagedMove, "files">> => {
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
  const staged = stagedBridge({ ...lastingBridge(inputs, nic), owners });
  const files = [...staged.map(({ path, text }) => ({ verb: "stage", path, text }) as const), reload];
  return { ...(await take(host, nic.name, nameOf(inputs))), files };
};

/** And back to what the NIC's owner says of it. */
export const manageOnNic = async (host: Host, bridge: string, nic: string): Promise<ManagedMove> => {
  const files = hostBridgeFiles(bridge, nic).map((path) => ({ verb: "aside", path }) as const);
  return { ...(await take(host, bridge, nic)), files: [...files, reload] };
};

/** Where the bridge is gone by another's hand: networkd is not to go on with it. */
export const leaveToOwner = (bridge: string, nic: string): Steps => [
  ...hostBridgeFiles(bridge, nic).map((path) => ({ verb: "forget", path }) as const),
  reload,
];

/** What outlasts a reboot of such a bridge, made of what networkd goes by now; and what is staged, which it takes the place of. */
export const lastingManaged = async (inputs: HostBridgeInputs, host: Host, nic: LinkFacts) => {
  const bridge = nameOf(inputs);
  const [ofBridge, ofNic] = await Promise.all([readNetworkFiles(host, bridge), readNetworkFiles(host, nic.name)]);
  const owners = ownersWordsIn(ofBridge.files[0]?.text ?? "", ofNic.files[0]?.text ?? "");
  return {
    lasting: { ...lastingBridge(inputs, nic), owners },
    staged: hostBridgeFiles(bridge, nic.name).filter((path) => path.startsWith("/run/")),
  };
};
