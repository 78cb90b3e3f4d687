import type { Candidate } from "../candidates.ts";
import { carriesSession, hostAddresses } from "../carries-session.ts";
import { nicOf } from "../nic-of-request.ts";
import { macvlanInWords, macvlanLinksOn } from "../nic-owner.ts";
import type { PlanRequest, Rule } from "../rule.ts";

const frames = "test/frames/passthrough.test.ts";

const isMeant = (candidate: Candidate, { bridge }: PlanRequest): boolean =>
  candidate.kind === "macvtap-passthrough" && candidate.bridgeTypes.includes(bridge.type);

/** In passthrough mode a macvtap has the uplink for itself: none goes beside it, whichever was there first. */
export const passthroughAloneRule: Rule = {
  id: "passthrough-alone",
  source: `${frames}; kernel drivers/net/macvlan.c, macvlan_common_newlink: EINVAL`,
  judge: (candidate, request, facts) => {
    const nic = nicOf(request, facts);
    if (nic === undefined || facts === undefined || !isMeant(candidate, request)) return undefined;
    const [first, ...others] = macvlanLinksOn(facts, nic);
    if (first === undefined) return undefined;
    const what = `${macvlanInWords(facts, first)}${others.length === 0 ? "" : ` and ${others.length} more`}`;
    return {
      reason: `${nic.name} of ${facts.hostname} carries ${what}, and passthrough has it for itself`,
      remedy: "use another NIC",
      property: "bridge",
    };
  },
};

/** The VM has the uplink's address: what is sent to the host there goes to the VM. */
export const passthroughHostAddressRule: Rule = {
  id: "passthrough-host-address",
  source: `${frames}: what is sent to the host on such an uplink goes to the VM`,
  judge: (candidate, request, facts) => {
    const nic = nicOf(request, facts);
    if (nic === undefined || facts === undefined || !isMeant(candidate, request)) return undefined;
    const addresses = hostAddresses(nic);
    const session = carriesSession(facts, nic);
    if (addresses.length === 0 && session === undefined) return undefined;
    const what =
      session === undefined ? `the host's addresses ${addresses.join(", ")}` : `this very SSH session (${session})`;
    return {
      reason: `${nic.name} of ${facts.hostname} carries ${what}, and in passthrough what is sent to it goes to the VM`,
      remedy: "use another NIC",
      property: "bridge",
    };
  },
};
