import type { ReflectiveRelayState } from "../schema/mode.ts";
import type { UplinkRef } from "../schema/ref.ts";

/** What the last probe found; kept, with its age, when a later one could not be made. */
export type RelayProbe = {
  readonly state: ReflectiveRelayState;
  /** When: ISO 8601, by the clock of whoever ran the provider. */
  readonly at: string;
  /** Why it is unknown, or why it could not be renewed since. */
  readonly reason?: string;
};

/** Whether the adjacent switch reflects, and who says so. */
export type Relay = {
  /** `advertised`: LLDP says that the switch could; nobody has shown that it does. */
  readonly state: ReflectiveRelayState | "advertised";
  readonly evidence: "none" | "lldp" | "probe" | "assumed";
  /** When it was probed. */
  readonly at?: string;
  /** Why a probe could not tell, or could not be made again. */
  readonly reason?: string;
  /** What speaks against `state`. */
  readonly contradiction?: string;
};

interface Evidence {
  /** What the program states; it wins. */
  readonly assumed?: ReflectiveRelayState | undefined;
  readonly probe?: RelayProbe | undefined;
  /** The switch's EVB TLV offers it (IEEE 802.1Q-2014 D.2.12). */
  readonly advertised: boolean;
}

const offered = "by LLDP (EVB) the switch offers reflective relay";

const stated = (assumed: ReflectiveRelayState, { probe, advertised }: Evidence): Relay => {
  const against = [];
  if (assumed !== "unknown" && probe !== undefined && probe.state !== "unknown" && probe.state !== assumed) {
    against.push(`the probe of ${probe.at} says ${probe.state}`);
  }
  if (assumed === "absent" && advertised) against.push(offered);
  return {
    state: assumed,
    evidence: "assumed",
    ...(against.length === 0 ? {} : { contradiction: `assumed ${assumed}, but ${against.join(", and ")}` }),
  };
};

/** One answer from all evidence: what is stated, else what was probed, else what LLDP offers, else unknown. Pure. */
export const relayOf = (evidence: Evidence): Relay => {
  const { assumed, probe, advertised } = evidence;
  if (assumed !== undefined) return stated(assumed, evidence);
  const about = probe && { at: probe.at, ...(probe.reason === undefined ? {} : { reason: probe.reason }) };
  if (probe === undefined || probe.state === "unknown") {
    return { state: advertised ? "advertised" : "unknown", evidence: advertised ? "lldp" : "none", ...about };
  }
  const contradiction = `${offered}, but frames do not come back: it is not enabled on the port`;
  return {
    state: probe.state,
    evidence: "probe",
    ...about,
    ...(probe.state === "absent" && advertised ? { contradiction } : {}),
  };
};

/** An uplink's `ref` with what its relay is known to be: an offer is neither yes nor no. */
export const withRelay = (ref: UplinkRef, relay: Relay | undefined): UplinkRef =>
  relay === undefined ? ref : { ...ref, reflectiveRelay: relay.state === "advertised" ? "unknown" : relay.state };
