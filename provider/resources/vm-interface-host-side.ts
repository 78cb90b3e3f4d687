import type { FoundInterface } from "../libvirt/find-interface.ts";
import { ipBatch } from "../links/batch.ts";
import { findLink } from "../planning/index.ts";
import type { DomainFacts, HostFacts, LinkFacts } from "../schema/facts.ts";
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
  return link.bridgePort === null ? {} : { isolated: link.bridgePort.isolated };
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
  if (link.master === source && link.bridgePort?.isolated === inputs.isolated) return [];
  const set = ["link", "set", "dev", link.name];
  // A bridge that was removed and made anew has lost its ports.
  const join = link.master === source ? [] : [[...set, "master", source]];
  return [ipBatch([...join, [...set, "type", "bridge_slave", "isolated", inputs.isolated ? "on" : "off"]])];
};
