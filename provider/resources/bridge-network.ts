import { commandFailed } from "../host/command-failed.ts";
import type { Host } from "../host/host.ts";
import { defineNetwork, lookAtNetwork, networkRead, redefineNetwork, removeNetwork } from "../libvirt/network-steps.ts";
import type { NetworkFacts, NetworkSpec } from "../libvirt/network-xml.ts";
import type { HostBridgeInputs } from "../schema/host-bridge.ts";
import { changeHost } from "./change-host.ts";
import { ForeignObject } from "./foreign.ts";

const kind = "HostBridge";

/**
 * A network has one mode; a bridge that allows several gives it the one that VMs get without asking. Never pepa: what a
 * network makes has no filter.
 */
const macvtapModeOf = (mode: HostBridgeInputs["mode"]): "bridge" | "vepa" =>
  mode === "all" || mode.includes("veb") ? "bridge" : "vepa";

/** What libvirt is asked for. */
export const specOf = (inputs: HostBridgeInputs, name: string): NetworkSpec => {
  const { type, mode, uplink, ref, mark } = inputs;
  if (type === "ethernet" && uplink !== undefined) {
    return { kind: "direct", name, mark, uplink: uplink.nic, mode: macvtapModeOf(mode) };
  }
  return { kind: "bridge", name, mark, bridge: ref.device ?? "" };
};

const isAsAsked = (found: NetworkFacts, spec: NetworkSpec): boolean =>
  spec.kind === "bridge"
    ? found.forward === "bridge" && found.bridge === spec.bridge
    : found.forward === spec.mode && found.uplinks.length === 1 && found.uplinks[0] === spec.uplink;

const look = async (host: Host, name: string): Promise<NetworkFacts | undefined> => {
  const steps = lookAtNetwork(name);
  const { results } = await host.request({ steps });
  const found = results[0] && networkRead(results[0]);
  // Not answered is not "gone".
  if (found === undefined) throw commandFailed(host, steps, { results, failed: 0 });
  return found ?? undefined;
};

/** The libvirt network that belongs to a bridge: defined, started and kept over the host's restarts by libvirt. */
export const ensureNetwork = async (inputs: HostBridgeInputs, host: Host, before: unknown): Promise<void> => {
  const { network } = inputs;
  if (typeof before === "string" && before !== network) await removeBridgeNetwork({ ...inputs, network: before }, host);
  if (network === undefined) return;
  const spec = specOf(inputs, network);
  const found = await look(host, network);
  if (found === undefined) {
    await changeHost(host, inputs, kind, `define the libvirt network ${network}`, defineNetwork(spec));
    return;
  }
  if (found.mark !== inputs.mark) throw new ForeignObject(inputs.host, `the libvirt network ${network}`, found.mark);
  if (isAsAsked(found, spec)) return;
  const steps = redefineNetwork({ ...spec, uuid: found.uuid });
  await changeHost(host, inputs, kind, `define the libvirt network ${network} anew`, steps);
};

/** Whether it is there, ours and as it was asked for. */
export const networkIsThere = async (inputs: HostBridgeInputs, host: Host): Promise<boolean> => {
  if (inputs.network === undefined) return false;
  const found = await look(host, inputs.network);
  return found?.mark === inputs.mark && isAsAsked(found, specOf(inputs, inputs.network));
};

export const removeBridgeNetwork = async (inputs: HostBridgeInputs, host: Host): Promise<void> => {
  if (inputs.network === undefined) return;
  const found = await look(host, inputs.network);
  if (found?.mark !== inputs.mark) return;
  await changeHost(host, inputs, kind, `remove the libvirt network ${inputs.network}`, removeNetwork(found.uuid));
};
