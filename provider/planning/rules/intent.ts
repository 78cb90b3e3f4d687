import { isOnVf } from "../candidates.ts";
import { hasEmbeddedSwitch } from "../embedded-switch.ts";
import { nicOf } from "../nic-of-request.ts";
import type { Rule } from "../rule.ts";

/** A candidate fits the bridge's type. */
export const bridgeTypeRule: Rule = {
  id: "bridge-type",
  source: "a macvtap sits on the uplink itself, a tap on a bridge, a VF on the NIC's own switch",
  judge: (candidate, request, facts) => {
    const { type } = request.bridge;
    if (candidate.bridgeTypes.includes(type)) return undefined;
    const reason = `the bridge is of type ${type}`;
    const nic = nicOf(request, facts);
    // What this version, or the NIC, can't give on another type either is nothing to advise.
    if (candidate.notMade !== undefined || (isOnVf(candidate) && nic && !hasEmbeddedSwitch(nic))) return { reason };
    return { reason, remedy: `a bridge of type ${candidate.bridgeTypes.join(" or ")} would give it` };
  },
};

/** A candidate realizes the mode that was asked for. */
export const modeAskedRule: Rule = {
  id: "mode-asked",
  source: "IEEE 802.1Qbg: veb switches in the station, vepa in the adjacent bridge",
  judge: (candidate, { mode }) =>
    mode === undefined || mode === candidate.mode
      ? undefined
      : { reason: `it gives ${candidate.mode}, and ${mode} is asked for`, remedy: `ask for ${candidate.mode}` },
};

/** The bridge allows the candidate's mode. */
export const modeAllowedRule: Rule = {
  id: "mode-allowed",
  source: "the bridge's own mode list",
  judge: (candidate, { bridge }) =>
    bridge.mode === "all" || bridge.mode.includes(candidate.mode)
      ? undefined
      : {
          reason: `the bridge allows ${bridge.mode.join(", ")} only`,
          remedy: `add ${candidate.mode} to the bridge's mode`,
        },
};
