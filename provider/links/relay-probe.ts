import { randomBytes } from "node:crypto";
import type { Answer, Request } from "../host/host.ts";

/** Switches that learn or begin to forward lose a first frame or two; a longer wait would hold up the host's other requests. */
const probeSeconds = 3;

/**
 * Finds out whether the adjacent switch sends frames back: two temporary macvtaps on the NIC send each other frames that only
 * the switch could deliver (host/script/probe-verb.ts). At once when it does, after three seconds when it does not.
 */
export const relayProbe = (nic: string): Request["steps"] => [
  { verb: "probe", nic, nonce: randomBytes(5).toString("hex"), seconds: probeSeconds },
];

/** What {@link relayProbe} found; a probe that said nothing, or was ended early, is unknown. */
export const readRelayProbe = ({
  results,
}: Answer): { readonly state: "active" | "absent" | "unknown"; readonly reason?: string } => {
  const said = (results[0]?.stdout ?? "").trim();
  if (said === "active" || said === "absent") return { state: said };
  const reason = /^unknown (.+)$/s.exec(said)?.[1] ?? "the probe on the host was ended early";
  return { state: "unknown", reason };
};
