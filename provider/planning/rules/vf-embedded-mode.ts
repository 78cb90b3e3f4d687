import { hasEmbeddedSwitch, vebOnlyDrivers, vepaDrivers } from "../embedded-switch.ts";
import { isVfAsked, pfOf } from "../pf-of-request.ts";
import type { Rule } from "../rule.ts";

const property = "bridge";

/**
 * The NIC's switch is in the mode that the candidate stands for: as stated, or because its driver knows no other. Which one it is
 * in otherwise nobody guesses.
 */
export const vfEmbeddedModeRule: Rule = {
  id: "vf-embedded-mode",
  source: "bridge(8), hwmode; kernel net/core/rtnetlink.c, rtnl_bridge_setlink: EOPNOTSUPP without the driver's help",
  judge: (candidate, request, facts) => {
    if (!isVfAsked(candidate, request)) return undefined;
    const pf = pfOf(candidate, request, facts);
    const { nic = "the uplink", embeddedSwitch: stated } = request.bridge.uplink ?? {};
    const driver = pf?.nic.nic?.driver ?? "";
    const { mode } = candidate;
    if (vebOnlyDrivers.includes(driver)) {
      if (mode === "veb") return undefined;
      const others = `use a bridge of type ethernet for ${mode}, or a NIC with one of the drivers ${vepaDrivers.join(", ")}`;
      return { reason: `the switch in ${nic}, by its driver ${driver}, knows VEB alone`, remedy: others, property };
    }
    if (stated === mode) return undefined;
    const set = `bridge link set dev ${nic} hwmode ${mode}`;
    const say = `say so on the Uplink: assume: { embeddedSwitch: "${mode}" }`;
    if (stated !== undefined) {
      const reason = `the switch in ${nic} is stated to be in ${stated} mode`;
      return { reason, remedy: `${set}, and ${say}`, property };
    }
    // A NIC without SR-IOV has none, and of one that nobody looked at more is known at the update.
    if (pf === undefined || !hasEmbeddedSwitch(pf.nic)) return undefined;
    const can = vepaDrivers.includes(driver) ? "" : " if its driver can";
    return {
      reason: `whether the switch in ${nic} is in ${mode} mode nobody has said`,
      remedy: `look (bridge -d link show dev ${nic}), or ${set}${can}, and ${say}`,
      property,
    };
  },
};
