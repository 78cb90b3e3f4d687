import { isDeepStrictEqual } from "node:util";
import type { Host } from "../host/host.ts";
import { readRelayProbe, relayProbe } from "../links/relay-probe.ts";
import { type Relay, type RelayProbe, relayAdvertised, relayOf } from "../planning/index.ts";
import type { HostFacts, LinkFacts } from "../schema/facts.ts";
import { type ReflectiveRelayState, type RelayAction, reflectiveRelayStates } from "../schema/mode.ts";
import type { UplinkInputs } from "../schema/uplink.ts";
import { changeHost } from "./change-host.ts";
import type { Properties } from "./resource-kind.ts";

export const asks = ({ reflectiveRelay }: Pick<UplinkInputs, "reflectiveRelay">, action: RelayAction): boolean =>
  [reflectiveRelay].flat().includes(action);

const isState = (value: unknown): value is ReflectiveRelayState =>
  reflectiveRelayStates.some((state) => state === value);

/** The result that a state holds. */
const recordedProbe = (previous: Properties | undefined): RelayProbe | undefined => {
  const recorded = previous?.probe;
  if (typeof recorded !== "object" || recorded === null || !("state" in recorded) || !("at" in recorded)) return;
  const { state, at } = recorded;
  if (!isState(state) || typeof at !== "string") return;
  return { state, at, ...("reason" in recorded ? { reason: String(recorded.reason) } : {}) };
};

const probe = async (inputs: UplinkInputs, host: Host, nic: LinkFacts): Promise<RelayProbe> => {
  const what = `probe whether the switch reflects on ${nic.name}`;
  const answer = await changeHost(host, inputs, "Uplink", what, relayProbe(nic.name));
  return { ...readRelayProbe(answer), at: new Date().toISOString() };
};

/**
 * The probe's result after an update. One that is recorded stays: what a preview has shown to those that depend on it must
 * hold, and refresh is what looks again. `nic` is as it was before the update.
 */
export const probeAtUpdate = async (
  inputs: UplinkInputs,
  host: Host,
  nic: LinkFacts,
  previous: Properties | undefined,
): Promise<RelayProbe | undefined> => {
  if (!asks(inputs, "probe")) return undefined;
  const recorded = recordedProbe(previous);
  const asBefore = isDeepStrictEqual(previous?.reflectiveRelay, inputs.reflectiveRelay);
  if (recorded !== undefined && asBefore) return recorded;
  if (!nic.up && inputs.up) {
    // IEEE 802.1D: fifteen seconds of listening and as many of learning.
    const reason = `${nic.name} was down until this update, and a switch's port may hold frames back for 30 s: pulumi refresh probes again`;
    return { state: "unknown", at: new Date().toISOString(), reason };
  }
  return await probe(inputs, host, nic);
};

/**
 * The probe's result at a refresh, and what to show among the inputs: something else only when the switch has changed. Where no
 * probe can be made (a bridge of ours on the uplink by now, a cable pulled out) the last result stays, with its age.
 */
export const probeAtRefresh = async (
  inputs: UplinkInputs,
  host: Host,
  nic: LinkFacts,
  previous: Properties,
): Promise<{ readonly probe?: RelayProbe; readonly probed?: string }> => {
  if (!asks(inputs, "probe")) return {};
  const recorded = recordedProbe(previous);
  const found = await probe(inputs, host, nic);
  const probed = inputs.probed ?? asRecorded;
  if (recorded === undefined || recorded.state === found.state) return { probe: found, probed };
  if (found.state === "unknown") {
    const reason = `not renewed at ${found.at}: ${found.reason ?? ""}`;
    return { probe: { state: recorded.state, at: recorded.at, reason }, probed };
  }
  return { probe: found, probed: `${found.state} (it was ${recorded.state})` };
};

/** What stands among the inputs while nothing has changed since the update. */
export const asRecorded = "as recorded";

/** All that is known of the switch's relay on this NIC. */
export const relayOn = (
  facts: HostFacts,
  nic: LinkFacts,
  inputs: UplinkInputs,
  probed: RelayProbe | undefined,
): Relay =>
  relayOf({
    assumed: inputs.assume?.reflectiveRelay,
    probe: probed,
    advertised: relayAdvertised(facts, nic),
  });
