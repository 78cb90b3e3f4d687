import { observe } from "../discovery/observe.ts";
import type { Host } from "../host/host.ts";
import type { PortOriginal } from "../links/linux-bridge.ts";
import { bridgeEvidence, findLink, type ModeEvidence, modesOf } from "../planning/index.ts";
import type { HostFacts } from "../schema/facts.ts";
import { type HostBridgeInputs, hostBridgeFields, hostBridgeInputsSchema } from "../schema/host-bridge.ts";
import type { BridgingMode } from "../schema/mode.ts";
import { ensureNetwork, networkIsThere, removeBridgeNetwork } from "./bridge-network.ts";
import { endpointObjections } from "./endpoint-objections.ts";
import { complete, embeddedObjection, existingObjection } from "./host-bridge-check.ts";
import { nicOf, refuse } from "./linux-bridge-wanted.ts";
import { ensureLinuxBridge, observeLinuxBridge, removeLinuxBridge } from "./linux-host-bridge.ts";
import { lastingLinuxBridge } from "./linux-host-bridge-lasting.ts";
import { nicOfRef } from "./nic-of-ref.ts";
import { PartlyMade } from "./partly-made.ts";
import type { Observation, Properties, ResourceKind } from "./resource-kind.ts";

type HostBridgeOutputs = {
  /** The Linux bridge; missing for `ethernet` and `embedded`. */
  readonly device?: string;
  readonly supportedModes: readonly BridgingMode[];
  /** Why each mode is supported, or is not. */
  readonly evidence: readonly ModeEvidence[];
  /** What the uplink was before it became a port, restored on delete. */
  readonly original?: PortOriginal;
};

const kind = "HostBridge";

const outputsOf = (inputs: HostBridgeInputs, facts: HostFacts, original?: PortOriginal): HostBridgeOutputs => {
  const evidence = bridgeEvidence(inputs.ref, facts);
  return {
    ...(inputs.ref.device === undefined ? {} : { device: inputs.ref.device }),
    supportedModes: modesOf(evidence),
    evidence,
    ...(original === undefined ? {} : { original }),
  };
};

const ensureBridge = async (
  inputs: HostBridgeInputs,
  host: Host,
  previous: Properties | undefined,
): Promise<HostBridgeOutputs> => {
  const facts = await observe(host);
  // What speaks against it was looked at before it was made: nothing does.
  if (inputs.type === "hypervisor") return outputsOf(inputs, facts, await ensureLinuxBridge(inputs, host, previous));
  const problem = objectionTo(inputs, facts);
  if (problem !== undefined) refuse(problem);
  return outputsOf(inputs, facts);
};

/** What facts tell against a bridge that is not made but only described. */
const objectionTo = (inputs: HostBridgeInputs, facts: HostFacts): string | undefined => {
  if (inputs.type === "existing") return existingObjection(facts, inputs.bridge ?? "");
  if (inputs.type === "embedded") return embeddedObjection(facts, nicOf(inputs));
  return endpointObjections(facts, { nic: nicOf(inputs) })[0]?.reason;
};

const observeBridge = async (
  inputs: HostBridgeInputs,
  host: Host,
  previous: Properties,
): Promise<Observation<HostBridgeInputs, HostBridgeOutputs> | undefined> => {
  const facts = await observe(host);
  const there = { inputs, outputs: outputsOf(inputs, facts) };
  switch (inputs.type) {
    case "existing":
      return existingObjection(facts, inputs.bridge ?? "") === undefined ? there : undefined;
    case "ethernet":
    case "embedded":
      return findLink(facts, nicOf(inputs)) && there;
    case "hypervisor": {
      const found = observeLinuxBridge(facts, inputs, previous);
      return found && { inputs: found.inputs, outputs: outputsOf(inputs, facts, found.original) };
    }
  }
};

/** What VMs sit on: a Linux bridge that is made and owned, one that somebody else made, the uplink itself, or its own switch. */
export const hostBridge: ResourceKind<HostBridgeInputs, HostBridgeOutputs> = {
  kind,
  fields: hostBridgeFields,
  inputs: hostBridgeInputsSchema,
  links: ["uplink"],
  complete,
  replacedBy: (olds, news, changed) => {
    const moved = nicOfRef(olds.uplink) === nicOfRef(news.uplink) ? [] : ["uplink"];
    return [...moved, ...changed.filter((property) => ["host", "type", "name", "bridge"].includes(property))];
  },
  id: ({ host, ref }) => `${host}/${ref.device ?? `${ref.uplink?.nic} (${ref.type})`}`,
  ensure: async (inputs, host, previous) => {
    const outputs = await ensureBridge(inputs, host, previous);
    try {
      await ensureNetwork(inputs, host, previous?.network);
    } catch (error) {
      // The bridge is there, whatever became of its network.
      throw error instanceof Error ? new PartlyMade(outputs, error) : error;
    }
    return outputs;
  },
  observe: async (inputs, host, previous) => {
    const found = await observeBridge(inputs, host, previous);
    if (found === undefined || inputs.network === undefined || (await networkIsThere(inputs, host))) return found;
    const { network: _gone, ...rest } = found.inputs;
    return { inputs: rest, outputs: found.outputs };
  },
  lasting: {
    // Else who gives the host its addresses at boot gives them to the uplink.
    applies: ({ type, moveAddresses, addressManager }) =>
      type === "hypervisor" && (moveAddresses !== true || addressManager !== undefined),
    of: lastingLinuxBridge,
  },
  remove: async (inputs, host, previous) => {
    await removeBridgeNetwork(inputs, host);
    if (inputs.type === "hypervisor") await removeLinuxBridge(inputs, host, previous);
  },
};
