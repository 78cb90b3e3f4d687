import { observe } from "../discovery/observe.ts";
import { requestOrThrow } from "../host/command-failed.ts";
import type { Host } from "../host/host.ts";
import {
  cannotMove,
  changeGateway,
  gatewaysOf,
  leasedAddresses,
  moveHostAddresses,
  moveSettings,
  readHostAddresses,
  showHostAddresses,
} from "../links/host-addresses.ts";
import type { Moved, PortOriginal } from "../links/linux-bridge.ts";
import { hostAddresses } from "../planning/index.ts";
import { KvmNetworkError } from "../schema/error.ts";
import type { HostFacts, LinkFacts } from "../schema/facts.ts";
import type { HostBridgeInputs } from "../schema/host-bridge.ts";
import type { CarrierChange, Gateway } from "./change-carrier.ts";

/** How the host's own addresses go from one link to another, and by which gateways the host is reached there. */
export interface Move {
  readonly moved: Moved;
  readonly gateways: readonly Gateway[];
  readonly mustAnswer?: Gateway | undefined;
  readonly obtained?: CarrierChange["obtained"];
}

export const lookAtAddresses = async (host: Host, link: string) =>
  readHostAddresses(await requestOrThrow(host, { steps: showHostAddresses(link) }), host.name, link);

const move = async (host: Host, from: string, to: string, gateway?: string) => {
  const found = await lookAtAddresses(host, from);
  const shared = (await observe(host)).routes.find(
    ({ device, destination }) => device === from && !found.destinations.includes(destination),
  );
  if (shared !== undefined) cannotMove(host.name, from, `the route to ${shared.destination} has several next hops`);
  const apart = found.routes.find(({ nhid }) => nhid !== undefined);
  if (apart !== undefined) cannotMove(host.name, from, `the route to ${apart.dst} has a next hop of its own (nhid)`);
  return {
    found,
    moved: { settings: moveSettings(found, to), lines: moveHostAddresses(found, from, to, gateway) },
    gateways: gatewaysOf(found, gateway).map((address) => ({ address, link: to })),
  };
};

/** From the uplink to its bridge, where that is asked for and there is something to move. */
export const moveToBridge = async (
  { moveAddresses = false, gateway }: HostBridgeInputs,
  host: Host,
  uplink: LinkFacts,
  bridge: string,
): Promise<Move | undefined> => {
  if (!moveAddresses || hostAddresses(uplink).length === 0) return undefined;
  const { found, moved, gateways } = await move(host, uplink.name, bridge, gateway);
  const leased = leasedAddresses(found);
  if (leased.length > 0) {
    const reason =
      `${leased.join(", ")} of ${uplink.name} on ${host.name} is leased: who renews it would go on doing so on ${uplink.name}, and the ` +
      "lease would be lost hours later. This version has systemd-networkd, NetworkManager or ifupdown move it where that has obtained it; make the bridge at the host";
    throw new KvmNetworkError("bridge-refused", reason);
  }
  if (gateway === undefined) return { moved, gateways };
  if (!gateways.some(({ address }) => address === gateway)) {
    const family = gateway.includes(":") ? "IPv6" : "IPv4";
    const reason = `gateway: ${uplink.name} of ${host.name} has no ${family} default route that ${gateway} could be the gateway of`;
    throw new KvmNetworkError("bridge-refused", reason);
  }
  return { moved, gateways, mustAnswer: { address: gateway, link: bridge } };
};

/** Of a bridge that has them: its default route goes by the gateway asked for, and by the one of before where none is any more. */
export const reroute = async (
  { moveAddresses = false, gateway }: HostBridgeInputs,
  host: Host,
  bridge: string,
  original: PortOriginal,
): Promise<Move | undefined> => {
  const wanted = gateway ?? original.gateway;
  if (!moveAddresses || wanted === undefined) return undefined;
  const found = await lookAtAddresses(host, bridge);
  const lines = changeGateway(found, bridge, wanted);
  if (lines.length === 0) return undefined;
  const gateways = gatewaysOf(found, wanted).map((address) => ({ address, link: bridge }));
  return { moved: { settings: [], lines }, gateways, mustAnswer: { address: wanted, link: bridge } };
};

/** And back, whatever there is of them by then. */
export const moveFromBridge = async (
  host: Host,
  bridge: LinkFacts,
  uplink: string,
  original: PortOriginal,
): Promise<Move | undefined> => {
  if (hostAddresses(bridge).length === 0) return undefined;
  const { moved, gateways } = await move(host, bridge.name, uplink, original.gateway);
  return { moved, gateways };
};

/** The gateway of the default route on the uplink, of the family of the one asked for. */
export const gatewayBefore = ({ routes }: HostFacts, uplink: string, asked: string | undefined): string | undefined =>
  routes.find(
    ({ destination, device, gateway }) =>
      destination === "default" && device === uplink && gateway?.includes(":") === asked?.includes(":"),
  )?.gateway ?? undefined;
