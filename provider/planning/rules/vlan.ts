import type { HostFacts } from "../../schema/facts.ts";
import { type Vlan, vlanIdsOf } from "../../schema/vlan.ts";
import { findLink } from "../find-nic.ts";
import { masterOf, passthroughOn } from "../nic-owner.ts";
import type { PlanRequest, Rule } from "../rule.ts";
import { isOnVlanLink, vlanLinkMark, vlanLinkOf } from "../vlan-link.ts";

const property = "vlan";

const idsOf = (vlan: Vlan): number[] =>
  typeof vlan === "number" ? [vlan] : [...(vlan.native === undefined ? [] : [vlan.native]), ...vlanIdsOf(vlan.tagged)];

/** The VLANs by which a bridge reaches the outside, one set for each port that may; undefined where that is not known. */
const carriedBy = ({ bridge }: PlanRequest, facts: HostFacts | undefined): Set<number>[] | undefined => {
  if (bridge.vlans !== undefined) {
    return [new Set([bridge.vlans.uplinkPvid, ...vlanIdsOf(bridge.vlans.uplinkTagged)])];
  }
  const ports = facts?.links.filter(({ nic, master }) => nic !== null && master !== null && master === bridge.device);
  const told = ports?.flatMap(({ bridgePort }) => bridgePort?.vlans ?? []) ?? [];
  if (told.length === 0 || told.length !== ports?.length) return undefined;
  return told.map(({ pvid, tagged, untagged }) => new Set([pvid, ...vlanIdsOf(tagged), ...vlanIdsOf(untagged)]));
};

/** A tap has a VLAN where its bridge keeps VLANs apart. A bridge of ours says so in its ref, another one on the host. */
export const vlanBridgeFiltersRule: Rule = {
  id: "vlan-bridge-filters",
  source:
    "test/long/vlans.test.ts: libvirt gives a tap its VLAN on a bridge that does not filter, and nothing keeps to it",
  judge: (candidate, { bridge, vlan }, facts) => {
    if (candidate.kind !== "linux-bridge" || !candidate.bridgeTypes.includes(bridge.type) || vlan === undefined) return;
    if (bridge.vlans !== undefined) return;
    const device = bridge.device === undefined ? undefined : facts && findLink(facts, bridge.device);
    const isOurs = bridge.type === "hypervisor";
    if (!isOurs && (device === undefined || device.bridge?.vlanFiltering === true)) return;
    const name = bridge.device ?? "the bridge";
    return {
      reason: `${name} does not filter VLANs: a VLAN of one of its ports would be no VLAN`,
      remedy: isOurs
        ? "give the HostBridge vlanFiltering: true, or use a bridge of type ethernet"
        : `ip link set dev ${name} type bridge vlan_filtering 1, by whoever made it, or use a bridge of type ethernet`,
      property,
    };
  },
};

/** What does not go out by the bridge's uplink would be cut off from everything but its own bridge. */
export const vlanCarriedRule: Rule = {
  id: "vlan-carried",
  source: "test/long/vlans.test.ts: a bridge drops what its port is not in",
  judge: (candidate, request, facts) => {
    const { bridge, vlan } = request;
    if (candidate.kind !== "linux-bridge" || !candidate.bridgeTypes.includes(bridge.type) || vlan === undefined) return;
    const carried = carriedBy(request, facts);
    const missing = idsOf(vlan).filter((id) => carried?.every((ids) => !ids.has(id)));
    if (carried === undefined || missing.length === 0) return;
    const which = missing.length === 1 ? `the VLAN ${missing[0]}` : `the VLANs ${missing.join(", ")}`;
    return {
      reason: `the uplink of ${bridge.device ?? "the bridge"} does not carry ${which}`,
      remedy:
        bridge.vlans === undefined
          ? "bridge vlan add dev UPLINK vid …, by whoever made the bridge, or choose a VLAN that it carries"
          : "add it to the HostBridge's uplinkPort: { vlan: { tagged: […] } }, or choose a VLAN that it carries",
      property,
    };
  },
};

/** Where ports have no VLAN by default, one without a VLAN hears and says nothing. */
export const vlanNeededRule: Rule = {
  id: "vlan-needed",
  source: "test/long/vlans.test.ts: a bridge drops untagged frames of a port without a PVID",
  judge: (candidate, { bridge, vlan }) =>
    candidate.kind === "linux-bridge" && bridge.vlans?.defaultPvid === 0 && vlan === undefined
      ? {
          reason: `${bridge.device ?? "the bridge"} has no VLAN for ports that give none (defaultPvid: 0)`,
          remedy: "give a vlan, or the HostBridge a defaultPvid",
          property,
        }
      : undefined,
};

/** A macvtap hears what the link below it hears: one VLAN. */
export const vlanTrunkRule: Rule = {
  id: "vlan-trunk",
  source: "test/long/vlans.test.ts: libvirt refuses <vlan> on a macvtap, and a VLAN link has one VLAN",
  judge: ({ bridgeTypes }, { bridge, vlan }) =>
    bridgeTypes.includes("ethernet") && bridge.type === "ethernet" && typeof vlan === "object"
      ? {
          reason: "a macvtap is in the one VLAN of the link that it stands on, and a trunk is asked for",
          remedy: "give one VLAN, an interface each, or use a bridge of type hypervisor with vlanFiltering: true",
          property,
        }
      : undefined,
};

/** The VLAN link is there and takes macvtaps, or its name is free. */
export const vlanLinkRule: Rule = {
  id: "vlan-link",
  source: "kernel net/8021q/vlan.c, register_vlan_device: EEXIST; net/core/dev.c, netdev_rx_handler_register: EBUSY",
  judge: (candidate, request, facts) => {
    const { bridge, vlan } = request;
    if (facts === undefined || !candidate.bridgeTypes.includes(bridge.type) || !isOnVlanLink(candidate, vlan)) return;
    const wanted = vlanLinkOf(candidate, request, facts);
    if (wanted === undefined) return;
    const { name, uplink, id, there } = wanted;
    const taken = there === undefined ? findLink(facts, name) : undefined;
    if (taken !== undefined && taken.alias !== vlanLinkMark(uplink, id)) {
      return {
        reason: `${name} of ${facts.hostname} is there, and is no VLAN link of the VLAN ${id} on ${uplink}`,
        remedy: `rename or remove it: a VLAN link of that name is what is made for the VLAN ${id}`,
        property,
      };
    }
    if (there === undefined) return;
    const passthrough = passthroughOn(facts, there);
    const owner = masterOf(facts, there) ?? (passthrough && `all that ${passthrough.name} has (passthrough)`);
    return owner === undefined
      ? undefined
      : {
          reason: `${there.name} of ${facts.hostname}, the VLAN ${id} of ${uplink}, is ${owner}, and takes no macvtap beside it`,
          remedy: "attach to that instead, free it, or choose another VLAN or uplink",
          property,
        };
  },
};
