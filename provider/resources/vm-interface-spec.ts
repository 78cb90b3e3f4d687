import type { InterfaceDrift } from "../libvirt/interface-drift.ts";
import type { InterfaceSpec } from "../libvirt/interface-xml.ts";
import type { DomainInterfaceFacts, MacvtapMode } from "../schema/facts.ts";
import { macvtapModes } from "../schema/facts.ts";
import type { VmInterfaceInputs } from "../schema/vm-interface.ts";
import type { Vsi } from "../schema/vsi.ts";
import { userAlias } from "./identity.ts";
import type { Properties } from "./resource-kind.ts";

const modeOf = (realization: string): MacvtapMode =>
  macvtapModes.find((mode) => realization === `macvtap-${mode}`) ?? "vepa";

/** Check has given it an instance ID. */
const vsiOf = ({ vsi }: VmInterfaceInputs): { readonly vsi?: Vsi } => {
  const { instanceId } = vsi ?? {};
  return vsi === undefined || instanceId === undefined ? {} : { vsi: { ...vsi, instanceId } };
};

/** What libvirt is asked for. */
export const specOf = (inputs: VmInterfaceInputs): InterfaceSpec => {
  const { realization, mac, model, driver, queues, rxQueueSize, txQueueSize, mtu, linkState, filter, bootOrder } =
    inputs;
  const options = { driver, queues, rxQueueSize, txQueueSize, mtu, filter, bootOrder };
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const common = { mac, model, linkState, alias: userAlias(inputs.mark), target: inputs.target, ...given };
  switch (realization.kind) {
    case "linux-bridge":
      return { kind: "bridge", bridge: realization.source, isolated: inputs.isolated, ...common };
    case "macvtap-endpoint":
      return { kind: "ethernet", ...common, target: realization.source };
    case "macvtap-private":
      return { kind: "ethernet", ...common };
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
const ofRealization = new Set<string>(["kind", "bridge", "uplink", "mode"]);

/** The input that a property of the XML comes from. */
export const inputOf = (property: string): string => (ofRealization.has(property) ? "realization" : property);

const found = (nic: DomainInterfaceFacts): string => {
  if (nic.type === "bridge") return "linux-bridge";
  if (nic.type === "direct") return `macvtap-${nic.mode}`;
  return nic.type;
};

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
    } else if (value === null) delete observed[input];
    else observed[input] = value;
  }
  return observed;
};
