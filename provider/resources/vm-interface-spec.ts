import type { InterfaceDrift } from "../libvirt/interface-drift.ts";
import type { InterfaceSpec } from "../libvirt/interface-xml.ts";
import type { DomainInterfaceFacts, MacvtapMode } from "../schema/facts.ts";
import { macvtapModes } from "../schema/facts.ts";
import type { Vlan } from "../schema/vlan.ts";
import type { VmInterfaceInputs } from "../schema/vm-interface.ts";
import type { Vsi } from "../schema/vsi.ts";
import { userAlias } from "./identity.ts";
import type { Properties } from "./resource-kind.ts";
import { isHostdev, type VfPlace } from "./vm-interface-vf.ts";

const modeOf = (realization: string): MacvtapMode =>
  macvtapModes.find((mode) => realization === `macvtap-${mode}`) ?? "vepa";

/** Check has given it an instance ID. */
const vsiOf = ({ vsi }: VmInterfaceInputs): { readonly vsi?: Vsi } => {
  const { instanceId } = vsi ?? {};
  return vsi === undefined || instanceId === undefined ? {} : { vsi: { ...vsi, instanceId } };
};

/** Stands for a VF that is not there, or that makes no difference. */
const nowhere = { pci: "none", device: "none" };

/** The guest is in the VF's VLAN: the XML must say so whenever there is one, for libvirt sets none where it says none. */
const vlanOf = ({ vf, vlan }: VmInterfaceInputs): { readonly vlan?: Vlan } => {
  const of = vf?.vlan ?? vlan;
  return of === undefined ? {} : { vlan: of };
};

/** What libvirt is asked for. `vf`: where the VF is that it is made of. */
export const specOf = (inputs: VmInterfaceInputs, vf?: VfPlace): InterfaceSpec => {
  if (isHostdev(inputs)) {
    const { mac, bootOrder } = inputs;
    const boot = bootOrder === undefined ? {} : { bootOrder };
    const { pci } = vf ?? nowhere;
    return { kind: "hostdev", pci, mac, ...vlanOf(inputs), ...boot, alias: userAlias(inputs.mark) };
  }
  const { realization, mac, model, driver, queues, rxQueueSize, txQueueSize, mtu, linkState, filter, bootOrder } =
    inputs;
  const { bandwidth } = inputs;
  const options = { driver, queues, rxQueueSize, txQueueSize, mtu, filter, bandwidth, bootOrder };
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const common = { mac, model, linkState, alias: userAlias(inputs.mark), target: inputs.target, ...given };
  switch (realization.kind) {
    case "linux-bridge":
      return { kind: "bridge", bridge: realization.source, isolated: inputs.isolated, ...vlanOf(inputs), ...common };
    case "macvtap-endpoint":
      return { kind: "ethernet", ...common, target: realization.source };
    case "macvtap-private":
      return { kind: "ethernet", ...common };
    case "vf-passthrough":
      return {
        kind: "direct",
        uplink: vf?.device ?? nowhere.device,
        mode: "passthrough",
        trustGuestRxFilters: inputs.trustGuestRxFilters,
        ...vlanOf(inputs),
        ...common,
      };
    default:
      return {
        kind: "direct",
        uplink: realization.source,
        mode: modeOf(realization.kind),
        trustGuestRxFilters: inputs.trustGuestRxFilters,
        ...vsiOf(inputs),
        ...common,
      };
  }
};

/** Properties of the XML that are one decision of the planner. */
const ofRealization = new Set<string>(["kind", "bridge", "uplink", "mode", "pci"]);

/** The input that a property of the XML comes from. */
export const inputOf = (property: string): string => (ofRealization.has(property) ? "realization" : property);

const found = (nic: DomainInterfaceFacts): string => {
  if (nic.type === "bridge") return "linux-bridge";
  if (nic.type === "direct") return `macvtap-${nic.mode}`;
  return nic.type;
};

/** A VF whose VLAN is the SriovVirtualFunction's to say. */
const hasVlan = (vf: unknown): vf is { readonly vlan: unknown } =>
  typeof vf === "object" && vf !== null && "vlan" in vf && vf.vlan !== undefined;

/** The inputs as they would be for what was found: only what drifted differs. */
export const withDrift = (
  inputs: Properties,
  nic: DomainInterfaceFacts,
  drift: readonly InterfaceDrift[],
): Properties => {
  const observed: Record<string, unknown> = { ...inputs };
  for (const { property, observed: value } of drift) {
    const input = inputOf(property);
    if (input === "realization") {
      const asAsked = inputs.realization;
      const rest = typeof asAsked === "object" && asAsked !== null ? asAsked : {};
      observed[input] = { ...rest, kind: found(nic), source: nic.source ?? nic.target ?? "" };
    } else if (input === "vlan" && hasVlan(inputs.vf)) {
      const { vlan: _asAsked, ...rest } = inputs.vf;
      observed.vf = value === null ? rest : { ...rest, vlan: value };
    } else if (value === null) delete observed[input];
    else observed[input] = value;
  }
  return observed;
};
