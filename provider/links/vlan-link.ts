import type { Step } from "../host/host.ts";
import type { LinkFacts } from "../schema/facts.ts";
import { ipBatch } from "./batch.ts";
import { disableIpv6 } from "./ipv6.ts";
import { mustBeOurs, type Ours, removeOurs } from "./ours.ts";

/** A VLAN link for macvtaps to stand on. Its name, uplink and VLAN can't change while it exists. */
export interface VlanLinkWanted extends Ours {
  readonly uplink: string;
  /** 1 to 4094, of 802.1Q. */
  readonly id: number;
  /** Default: left alone; a new one has the uplink's. Above it the kernel answers ERANGE. */
  readonly mtu?: number;
}

/**
 * Makes one that is not there yet, marked and without the host's IPv6 before it comes up. It hears every group, as the macvtaps
 * on it do: they ask it for theirs, and it asks the uplink. The first step fails, and leaves nothing, when the name is taken or
 * the uplink has a link of that VLAN already (both are said to exist).
 */
export function createVlanLink({ name, alias, uplink, id, mtu }: VlanLinkWanted): Step[] {
  const size = mtu === undefined ? [] : ["mtu", String(mtu)];
  return [
    ipBatch([
      ["link", "add", "link", uplink, "name", name, ...size, "type", "vlan", "id", String(id)],
      ["link", "set", "dev", name, "alias", alias, "allmulticast", "on"],
    ]),
    disableIpv6(name),
    ipBatch([["link", "set", "dev", name, "up"]]),
  ];
}

/** What was done by hand to one of ours, in words; undefined when it is as it shall be. */
export function vlanLinkDrift(observed: LinkFacts, wanted: VlanLinkWanted): string | undefined {
  if (observed.kind !== "vlan") return `no VLAN link but ${observed.kind ?? "a NIC"}`;
  if (observed.vlanId !== wanted.id || observed.lower !== wanted.uplink) {
    return `VLAN ${observed.vlanId} of ${observed.lower}`;
  }
  // Somebody else's is used as it is.
  if (observed.alias !== wanted.alias) return undefined;
  const differing = [
    ...(observed.up ? [] : ["down"]),
    ...(observed.allMulticast ? [] : ["allmulticast off"]),
    ...(observed.ipv6Disabled === false ? ["IPv6 of the host"] : []),
    ...(wanted.mtu === undefined || wanted.mtu === observed.mtu ? [] : [`MTU ${observed.mtu}`]),
  ];
  return differing.length === 0 ? undefined : differing.join(", ");
}

/** Brings one of ours to what is wanted. One of another VLAN by now is made anew, and takes the macvtaps on it along. */
export function changeVlanLink(observed: LinkFacts, wanted: VlanLinkWanted): Step[] {
  if (vlanLinkDrift(observed, wanted) === undefined) return [];
  const { name, mtu } = wanted;
  if (observed.kind !== "vlan" || observed.vlanId !== wanted.id || observed.lower !== wanted.uplink) {
    return [...removeOurs(wanted), ...createVlanLink(wanted)];
  }
  const size = mtu === undefined ? [] : ["mtu", String(mtu)];
  return [
    mustBeOurs(wanted),
    ...(observed.ipv6Disabled === false ? [disableIpv6(name)] : []),
    ipBatch([["link", "set", "dev", name, ...size, "allmulticast", "on", "up"]]),
  ];
}

/** Removes it if it is still ours; the first step ends the request when it is gone or someone else's. */
export function removeVlanLink(link: Ours): Step[] {
  return removeOurs(link);
}
