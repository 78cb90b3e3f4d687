import type { FoundInterface } from "../libvirt/find-interface.ts";
import { ipBatch } from "../links/batch.ts";
import { changePortVlans, type PortVlans } from "../links/port-vlans.ts";
import { findLink } from "../planning/index.ts";
import type { DomainFacts, HostFacts, LinkFacts } from "../schema/facts.ts";
import { type Vlan, vlanIdsOf, vlanListOf } from "../schema/vlan.ts";
import type { VmInterfaceInputs } from "../schema/vm-interface.ts";
import type { Steps } from "./change-host.ts";
import type { Properties } from "./resource-kind.ts";
import { guardOf, isMacvtapOfLibvirt, isOurs } from "./vm-interface-attachment.ts";

/** The link that libvirt made on the host for the running domain: what happens to it there libvirt does not know. */
const linkOf = (inputs: VmInterfaceInputs, facts: HostFacts, domain: DomainFacts): LinkFacts | undefined =>
  domain.running ? findLink(facts, inputs.target) : undefined;

const isTap = ({ realization }: VmInterfaceInputs): boolean => realization.kind === "linux-bridge";

/** Somebody removed the link under the running domain: its QEMU holds a NIC that leads nowhere. */
export const hasLostItsLink = (inputs: VmInterfaceInputs, facts: HostFacts, live: FoundInterface | null): boolean =>
  inputs.endpoint === undefined &&
  isOurs(live) &&
  live.interface.target !== null &&
  findLink(facts, live.interface.target) === undefined;

/** A macvtap in passthrough mode may be one on a VF. */
const kindOf = ({ realization: { kind } }: VmInterfaceInputs, { macvtapMode }: LinkFacts): string =>
  macvtapMode === null || (kind === "vf-passthrough" && macvtapMode === "passthrough")
    ? kind
    : `macvtap-${macvtapMode}`;
/** The VLANs of the port that libvirt makes for a `<vlan>`. */
const portVlansFor = (vlan: Vlan): PortVlans =>
  typeof vlan === "number" ? { pvid: vlan, tagged: [] } : { pvid: vlan.native ?? 0, tagged: vlan.tagged };

const vlanFrom = ({ pvid, tagged }: PortVlans): Vlan =>
  tagged.length === 0 && pvid !== 0 ? pvid : { ...(pvid === 0 ? {} : { native: pvid }), tagged: [...tagged] };

/** Of the port's VLANs libvirt knows what it set, and not what became of it. Undefined: as asked, or nobody looked. */
const differingVlans = ({ vlan, realization }: VmInterfaceInputs, { bridgePort, master }: LinkFacts) => {
  if (vlan === undefined || bridgePort?.vlans === undefined || master !== realization.source) return undefined;
  return changePortVlans("port", portVlansFor(vlan), bridgePort.vlans).length === 0 ? undefined : bridgePort.vlans;
};

const vlanDrift = (inputs: VmInterfaceInputs, link: LinkFacts): Properties => {
  const found = differingVlans(inputs, link);
  if (found === undefined) return {};
  return { vlan: vlanFrom({ pvid: found.pvid, tagged: vlanListOf(vlanIdsOf([...found.tagged, ...found.untagged])) }) };
};

const mendVlan = (inputs: VmInterfaceInputs, link: LinkFacts): Steps => {
  const { vlan, realization } = inputs;
  if (vlan === undefined) return [];
  // A port of a bridge that it has left starts with what that one gives.
  const isNew = link.master !== realization.source;
  if (!isNew && differingVlans(inputs, link) === undefined) return [];
  return changePortVlans(link.name, portVlansFor(vlan), isNew ? undefined : link.bridgePort?.vlans);
};

/** The inputs as they would be for what was done to the link by hand. */
export const hostSideDrift = (inputs: VmInterfaceInputs, facts: HostFacts, domain: DomainFacts): Properties => {
  const link = linkOf(inputs, facts, domain);
  if (link === undefined) return {};
  const { realization } = inputs;
  if (isMacvtapOfLibvirt(inputs)) {
    const kind = kindOf(inputs, link);
    const { allMulticast } = link;
    return kind === realization.kind ? { allMulticast } : { allMulticast, realization: { ...realization, kind } };
  }
  if (!isTap(inputs)) return {};
  if (link.master !== realization.source) return { realization: { ...realization, source: link.master ?? "none" } };
  return link.bridgePort === null ? {} : { isolated: link.bridgePort.isolated, ...vlanDrift(inputs, link) };
};

/** What brings the link back to what is asked; nothing to do: no steps. */
export const mendHostSide = (inputs: VmInterfaceInputs, facts: HostFacts, domain: DomainFacts): Steps => {
  const link = linkOf(inputs, facts, domain);
  if (link === undefined) return [];
  if (isMacvtapOfLibvirt(inputs)) {
    const asAsked = link.allMulticast === (inputs.allMulticast ?? true) && link.ipv6Disabled !== false;
    return asAsked ? [] : guardOf(inputs);
  }
  if (!isTap(inputs)) return [];
  const { source } = inputs.realization;
  const vlans = mendVlan(inputs, link);
  if (link.master === source && link.bridgePort?.isolated === inputs.isolated) return vlans;
  const set = ["link", "set", "dev", link.name];
  // A bridge that was removed and made anew has lost its ports.
  const join = link.master === source ? [] : [[...set, "master", source]];
  return [ipBatch([...join, [...set, "type", "bridge_slave", "isolated", inputs.isolated ? "on" : "off"]]), ...vlans];
};
