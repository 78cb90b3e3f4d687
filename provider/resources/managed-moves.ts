import type { Host } from "../host/host.ts";
import {
  cannotMove,
  gatewaysOf,
  leasedMetric,
  moveSettings,
  type Route,
  takeHostAddresses,
} from "../links/host-addresses.ts";
import type { Moved, PortOriginal } from "../links/linux-bridge.ts";
import type { Ours } from "../links/ours.ts";
import type { Lasting } from "../persistence/lasting.ts";
import type { OwnersWords } from "../persistence/owners-words.ts";
import type { LinkFacts } from "../schema/facts.ts";
import type { HostBridgeInputs } from "../schema/host-bridge.ts";
import { settledBridge } from "../schema/linux-bridge-settings.ts";
import type { AddressManager } from "../schema/network-manager.ts";
import type { Steps } from "./change-host.ts";
import { lookAtAddresses, type Move } from "./host-bridge-addresses.ts";
import { nameOf, portOf, refuse, wantedOf } from "./linux-bridge-wanted.ts";

/*
 * The host's own addresses on a NIC that a network manager configures: it is given other files, and moves them itself. A lease is so
 * obtained by the bridge, with the identity that the NIC had, and renewed there.
 */

export type LastingBridge = Extract<Lasting, { what: "bridge" }>;

/** A move that the host's network manager makes, from its first step to its last. */
export interface ManagedMove extends Omit<Move, "moved"> {
  readonly steps: Steps;
}

/** What one network manager does of it. */
export interface ManagedMoves {
  /** From the NIC to a bridge that is not there yet. */
  readonly toBridge: (inputs: HostBridgeInputs, host: Host, nic: LinkFacts) => Promise<ManagedMove>;
  /** And back to what the NIC's owner says of it. The bridge may go with that. */
  readonly toNic: (bridge: Ours, host: Host, nic: string, original: PortOriginal) => Promise<ManagedMove>;
  /** What it has made it makes again until its file is gone: that goes before the bridge does. */
  readonly forget: (bridge: string, nic: string) => Steps;
  /** What outlasts a reboot of such a bridge, made of what it goes by now; and what is staged, which that takes the place of. */
  readonly lasting: (
    inputs: HostBridgeInputs,
    host: Host,
    nic: LinkFacts,
  ) => Promise<{ readonly lasting: LastingBridge; readonly staged: readonly string[] }>;
  /** What it does not do of the bridge when it makes it at boot. */
  readonly atBoot: (inputs: HostBridgeInputs) => Steps;
}

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

const isByHand = ({ protocol }: Route): boolean => protocol === "boot";

/**
 * What is on its way from one link to another, and what is to be there when it has come. A route that it has not made no manager gives the other.
 * `made`: what is written of them, by a manager whose own routes look as if they were made by hand.
 */
export const takeAddresses = async (
  host: Host,
  from: string,
  to: string,
  made: (route: Route) => boolean = () => false,
) => {
  const found = await lookAtAddresses(host, from);
  const byHand = found.routes.find((route) => isByHand(route) && !made(route));
  if (byHand !== undefined)
    cannotMove(host.name, from, `the route to ${byHand.dst} was made by hand, and is none of its network manager's`);
  const { lines, given } = takeHostAddresses(found, from);
  const moved: Moved = { settings: moveSettings(found, to), lines };
  return {
    moved,
    metric: leasedMetric(found),
    reached: {
      gateways: gatewaysOf(found).map((address) => ({ address, link: to })),
      obtained: { link: to, addresses: given },
    },
  };
};

/** What keeps a NIC's owner's words from being those of a bridge. */
export const mustBeMovable = (
  manager: AddressManager,
  { gateway }: HostBridgeInputs,
  host: Host,
  nic: string,
  path: string,
  { refused, unfit }: OwnersWords,
): void => {
  const where = `${nic} of ${host.name} is configured by ${manager} (${path})`;
  const instead = "or make the bridge there and use HostBridge.existing";
  if (unfit !== undefined) refuse(`${where}: ${unfit}, ${instead}. Nothing was done`);
  if (refused !== undefined) {
    refuse(
      `${where}: this version does not know what ${refused} would mean on a bridge. Nothing was done: take it out there, ${instead}`,
    );
  }
  if (gateway !== undefined)
    refuse(`gateway: ${where}, which says by which gateway the host is reached: change it there`);
};
