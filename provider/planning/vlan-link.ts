import type { HostFacts, LinkFacts } from "../schema/facts.ts";
import { interfaceNameMaxBytes } from "../schema/interface-name.ts";
import { markPrefix } from "../schema/mark.ts";
import type { Vlan } from "../schema/vlan.ts";
import type { Candidate } from "./candidates.ts";
import { findLink } from "./find-nic.ts";
import type { PlanRequest } from "./rule.ts";

/** Four digits that keep names apart which begin alike: FNV-1a, folded to 16 bits. */
const digits = (text: string): string => {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return ((hash >>> 16) ^ (hash & 0xffff)).toString(16).padStart(4, "0");
};

/** `eth1.100`, as everybody names a VLAN link; where that is too long, the beginning of the uplink's name and four digits. */
export const vlanLinkName = (uplink: string, id: number): string => {
  const plain = `${uplink}.${id}`;
  if (plain.length <= interfaceNameMaxBytes) return plain;
  const end = `-${digits(uplink)}.${id}`;
  return `${uplink.slice(0, interfaceNameMaxBytes - end.length)}${end}`;
};

/** It belongs to all the VMs of its VLAN on that uplink, of whatever stack: its mark names none. */
export const vlanLinkMark = (uplink: string, id: number): string => `${markPrefix}shared:${uplink}/vlan-${id}`;

/** The VLAN link of that VLAN on an uplink, whoever made it. */
export const vlanLinkOn = (facts: HostFacts, uplink: string, id: number): LinkFacts | undefined => {
  const lower = findLink(facts, uplink)?.name ?? uplink;
  return facts.links.find(
    (link) =>
      link.kind === "vlan" &&
      link.lower === lower &&
      link.vlanId === id &&
      (link.vlanProtocol ?? "802.1Q") === "802.1Q",
  );
};

/** Whether a candidate is a macvtap on the uplink itself, whose VLAN is that of a link below it. */
export const isOnVlanLink = ({ bridgeTypes }: Candidate, vlan: Vlan | undefined): vlan is number =>
  typeof vlan === "number" && bridgeTypes.includes("ethernet");

/** The VLAN link that a macvtap of this request stands on: the one that is there, else one to be made. */
export const vlanLinkOf = (candidate: Candidate, { bridge, vlan }: PlanRequest, facts: HostFacts | undefined) => {
  const uplink = bridge.uplink?.nic;
  if (uplink === undefined || !isOnVlanLink(candidate, vlan)) return undefined;
  const there = facts && vlanLinkOn(facts, uplink, vlan);
  return { name: there?.name ?? vlanLinkName(uplink, vlan), uplink, id: vlan, ...(there && { there }) };
};
