import { linkFilesStep, readLinks } from "../discovery/read-links.ts";
import type { Answer, Request, Step } from "../host/host.ts";
import type { LinkFacts } from "../schema/facts.ts";
import { ipBatch } from "./batch.ts";
import { type BridgeSettings, bridgeArguments, bridgeChanges } from "./bridge-settings.ts";
import { disableIpv6 } from "./ipv6.ts";
import { mustBeOurs, type Ours } from "./ours.ts";
import { changePortVlans, type PortVlans } from "./port-vlans.ts";

/** The uplink as a port of the bridge. */
export interface BridgePortWanted {
  /** Reflective relay towards the uplink. Default false. */
  readonly hairpin?: boolean;
  /** No frames between this port and other isolated ones. Default false. */
  readonly isolated?: boolean;
  /** With `vlanFiltering`. Default: the kernel's, the bridge's default PVID alone. */
  readonly vlan?: PortVlans;
}

/** A Linux bridge over one uplink, as it shall be. */
export interface BridgeWanted extends BridgeSettings, Ours {
  /** Pinned. Default: the uplink's; left to themselves, systemd and the kernel make one up and change it with the ports. */
  readonly mac?: string;
  /** Default: the uplink's. */
  readonly mtu?: number;
  readonly port?: BridgePortWanted;
}

/** A bridge and the uplink in it. */
export interface BridgeLinks {
  readonly bridge: LinkFacts;
  readonly uplink: LinkFacts;
}

/** The host's own addresses, which move to the bridge as soon as it is up: lines of an `ip` batch, and settings that go before. */
export interface Moved {
  readonly settings: readonly Step[];
  readonly lines: readonly (readonly string[])[];
}

const nothingMoved: Moved = { settings: [], lines: [] };

/**
 * Makes a bridge that is not there yet and puts the uplink in it. Unless they carry addresses of the host's, the host's IPv6
 * is taken from both before the bridge comes up: a router advertisement of a guest would else give the host an address and
 * a default route.
 *
 * The uplink must have no master: `ip link set … master` silently takes a link out of the bridge or bond that it is in.
 * The first step fails when the name is taken (`File exists`), the uplink has macvtaps (`Device or resource busy`) or is a
 * wireless station, or the kernel lacks VLAN filtering and it was asked for (both `Operation not supported`). What is left
 * then is removed by {@link removeBridge}.
 */
export function createBridge(
  wanted: BridgeWanted,
  uplink: LinkFacts,
  { settings, lines }: Moved = nothingMoved,
): Request["steps"] {
  const { name } = wanted;
  const mac = wanted.mac ?? uplink.mac;
  const made = ["link", "add", "name", name, "address", mac, "type", "bridge", ...bridgeArguments(wanted)];
  return [
    ipBatch([made, ...joinBridge(wanted, uplink)]),
    ...portVlans(uplink.name, wanted),
    ...(lines.length === 0 ? [disableIpv6(name)] : settings),
    ...withoutHostIpv6(uplink),
    ipBatch([["link", "set", "dev", name, "up"], ...lines, ...show(name, uplink.name)]),
    ...(lines.length === 0 ? [] : withoutIpv6(uplink)),
    linkFilesStep(name),
    linkFilesStep(uplink.name),
  ];
}

/** The same of one that a network manager has made, which gives it the host's own addresses. */
export function settleBridge(wanted: BridgeWanted, uplink: LinkFacts, { settings, lines }: Moved): Request["steps"] {
  const { name } = wanted;
  const set = ["link", "set", "dev", name];
  return [
    ipBatch([
      [...set, "address", wanted.mac ?? uplink.mac],
      [...set, "type", "bridge", ...bridgeArguments(wanted)],
      ...joinBridge(wanted, uplink),
    ]),
    ...portVlans(uplink.name, wanted),
    ...settings,
    ipBatch([[...set, "up"], ...lines, ...show(name, uplink.name)]),
    ...withoutIpv6(uplink),
    linkFilesStep(name),
    linkFilesStep(uplink.name),
  ];
}

function joinBridge({ name, alias, mtu, port }: BridgeWanted, uplink: LinkFacts): string[][] {
  return [
    ["link", "set", "dev", name, "alias", alias],
    // By a change of its own: an MTU given at creation is forgotten with the first port (net/bridge/br_device.c).
    ["link", "set", "dev", name, "mtu", String(mtu ?? uplink.mtu)],
    ["link", "set", "dev", uplink.name, "master", name],
    portArguments(uplink.name, port),
  ];
}

/** The NIC's place in a bridge that is there when the host boots, whoever made it. */
export function portAtBoot(wanted: BridgeWanted, nic: string): Request["steps"] {
  const master = ["link", "set", "dev", nic, "master", wanted.name];
  return [ipBatch([master, portArguments(nic, wanted.port)]), ...portVlans(nic, wanted)];
}

/** What a bridge that a network manager made at boot lacks: our mark. */
export function markAtBoot({ name, alias }: Ours): Request["steps"] {
  return [ipBatch([["link", "set", "dev", name, "alias", alias]])];
}

/** And what of its settings the manager may not have taken over. */
export function settingsAtBoot(wanted: BridgeWanted): Request["steps"] {
  return [
    ...markAtBoot(wanted),
    ipBatch([["link", "set", "dev", wanted.name, "type", "bridge", ...bridgeArguments(wanted)]]),
  ];
}

/** And what a bridge lacks that comes up with the NIC that makes it: the rest of it, and of the NIC's place there once it has one. */
export function bridgeBehindPort(wanted: BridgeWanted, nic: string): Request["steps"] {
  const mtu = wanted.mtu === undefined ? [] : [["link", "set", "dev", wanted.name, "mtu", String(wanted.mtu)]];
  const port = [ipBatch([portArguments(nic, wanted.port)]), ...portVlans(nic, wanted), disableIpv6(nic)];
  return [
    ...settingsAtBoot(wanted),
    ...(mtu.length === 0 ? [] : [ipBatch(mtu)]),
    ...port.map((step) => ({ ...step, mayFail: true })),
  ];
}

/** And where it is there for VMs alone, the host's IPv6 taken from it. */
export function bridgeAtBoot(bridge: Ours): Request["steps"] {
  return [...markAtBoot(bridge), disableIpv6(bridge.name)];
}

/**
 * Brings a bridge, and the uplink's place in it, to what is wanted. Nothing to do: no steps. An uplink that has another
 * master is left there: taking it away is not ours to decide.
 */
export function changeBridge(
  { bridge, uplink }: BridgeLinks,
  wanted: BridgeWanted,
  { settings: moving, lines }: Moved = nothingMoved,
): Request["steps"] {
  const { name } = wanted;
  const set: string[][] = [];
  const change = (...words: string[]) => set.push(["link", "set", "dev", name, ...words]);
  const mac = wanted.mac ?? uplink.mac;
  const mtu = wanted.mtu ?? uplink.mtu;

  if (bridge.alias !== wanted.alias) change("alias", wanted.alias);
  if (bridge.mac !== mac) change("address", mac);
  if (bridge.mtu !== mtu) change("mtu", String(mtu));
  const settings = bridgeChanges(bridge.bridge, wanted);
  for (const words of settings) change("type", "bridge", ...words);
  if (uplink.master === null) set.push(["link", "set", "dev", uplink.name, "master", name]);
  if (uplink.master === null || (uplink.master === name && portDiffers(uplink, wanted.port))) {
    set.push(portArguments(uplink.name, wanted.port));
  }
  if (!bridge.up) change("up");

  // A new port, or another default PVID, has VLANs of the kernel's making.
  const known = uplink.master === name && settings.length === 0 ? uplink.bridgePort?.vlans : undefined;
  const isPort = uplink.master === null || uplink.master === name;
  const vlans = isPort ? portVlans(uplink.name, wanted, known) : [];
  const ipv6 = [...(lines.length === 0 ? withoutHostIpv6(bridge) : moving), ...withoutHostIpv6(uplink)];
  if (set.length === 0 && vlans.length === 0 && ipv6.length === 0 && lines.length === 0) return [];
  const shown = [...lines, ...show(name, uplink.name)];
  const first = vlans.length === 0 || set.length === 0 ? [] : [ipBatch(set)];
  const last = ipBatch(vlans.length === 0 ? [...set, ...shown] : shown);
  const after = lines.length === 0 ? [] : withoutIpv6(uplink);
  return [...ipv6, ...first, ...vlans, last, ...after, linkFilesStep(name), linkFilesStep(uplink.name)];
}

/** What {@link createBridge} or {@link changeBridge} left, from the answer to just their steps; `host` is its name. */
export function readBridge(answer: Answer, host: string): BridgeLinks {
  const [bridge, uplink] = readLinks(answer, host);
  // Both builders show both.
  return { bridge, uplink: uplink ?? bridge };
}

/** Ports that somebody else put there (a VM's tap, a container's veth): a bridge with any must stay. */
export function foreignPorts(links: readonly LinkFacts[], bridge: string, uplink: string): LinkFacts[] {
  return links.filter(({ master, name }) => master === bridge && name !== uplink);
}

/** What the uplink was before it became a port. Its MTU, which a bridge leaves alone, is the Uplink's to manage. */
export type PortOriginal = Pick<LinkFacts, "ipv6Disabled"> & {
  /** Of the host's default route, where another one was asked for. */
  readonly gateway?: string;
};

/**
 * Takes the uplink out, if it is in there, and removes the bridge, if it is still ours (else the first step ends the
 * request); then the uplink is as before. Only when there are no {@link foreignPorts}: the kernel would drop those as well.
 */
export function removeBridge(bridge: Ours, uplink: LinkFacts | undefined, original?: PortOriginal): Request["steps"] {
  const inside = uplink !== undefined && uplink.master === bridge.name;
  return [
    mustBeOurs(bridge),
    ipBatch([
      ...(inside ? [["link", "set", "dev", uplink.name, "nomaster"]] : []),
      ["link", "del", "dev", bridge.name],
    ]),
    ...(uplink && original ? restorePort(uplink, original) : []),
  ];
}

/**
 * The bridge gives the host's own addresses back to the uplink, and the uplink is in it no longer; the bridge itself stays, empty, so that
 * nothing has to be made again where this is taken back. `lines` move them; `ipv6`: whether the uplink had the host's.
 */
export function releaseUplink(
  bridge: Ours,
  uplink: string,
  { settings, lines }: Moved,
  original: PortOriginal,
): Request["steps"] {
  return [
    mustBeOurs(bridge),
    ipBatch([["link", "set", "dev", uplink, "nomaster"]]),
    ...(original.ipv6Disabled === false ? [disableIpv6(uplink, false)] : []),
    ...settings,
    ...(lines.length === 0 ? [] : [ipBatch(lines)]),
    disableIpv6(bridge.name),
  ];
}

/** Gives an uplink back what it had before it became a port; also where the bridge is gone already. */
export function restorePort(uplink: LinkFacts, original: PortOriginal): Request["steps"] {
  return original.ipv6Disabled === false && uplink.ipv6Disabled !== false ? [disableIpv6(uplink.name, false)] : [];
}

function show(bridge: string, uplink: string): string[][] {
  return [bridge, uplink].map((name) => ["addr", "show", "dev", name]);
}

function portArguments(name: string, { hairpin = false, isolated = false }: BridgePortWanted = {}): string[] {
  const onOff = (on: boolean) => (on ? "on" : "off");
  return ["link", "set", "dev", name, "type", "bridge_slave", "hairpin", onOff(hairpin), "isolated", onOff(isolated)];
}

function portVlans(
  uplink: string,
  { vlanFiltering, port }: BridgeWanted,
  observed?: Parameters<typeof changePortVlans>[2],
): Step[] {
  return vlanFiltering && port?.vlan ? changePortVlans(uplink, port.vlan, observed) : [];
}

function portDiffers({ bridgePort }: LinkFacts, { hairpin = false, isolated = false }: BridgePortWanted = {}): boolean {
  return bridgePort?.hairpin !== hairpin || bridgePort.isolated !== isolated;
}

/** Behind the move: to disable IPv6 takes its addresses away. */
function withoutIpv6({ name, ipv6Disabled }: LinkFacts): Request["steps"] {
  return ipv6Disabled === false ? [disableIpv6(name)] : [];
}

/** A link-local address is made by the kernel itself: no address of the host's. */
function withoutHostIpv6({ name, ipv6Disabled, addresses }: LinkFacts): Request["steps"] {
  const carriesHost = addresses.some((address) => !address.startsWith("fe80:"));
  return ipv6Disabled === false && !carriesHost ? [disableIpv6(name)] : [];
}
