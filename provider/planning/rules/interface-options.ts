import { type InterfaceKind, interfaceFeatureProblem } from "../../schema/libvirt-features.ts";
import type { RealizationKind } from "../../schema/realization.ts";
import type { Rule } from "../rule.ts";

const libvirtKind = (realization: RealizationKind): InterfaceKind => {
  if (realization === "linux-bridge") return "bridge";
  if (realization === "vf-veb" || realization === "vf-vepa") return "hostdev";
  // Made by us, with its filter, before libvirt opens it.
  return realization === "macvtap-private" ? "ethernet" : "direct";
};

/** Each option asked for is one that libvirt, of the version the host has, gives this kind of interface. */
export const interfaceOptionsRule: Rule = {
  id: "interface-option",
  source: "provider/schema/libvirt-features.ts, tried against libvirt",
  judge: (candidate, { options }, facts) => {
    const libvirt = facts?.libvirt?.version ?? null;
    const kind = libvirtKind(candidate.kind);
    for (const option of options) {
      // Of the filter there is more to say: see rules/pepa.ts.
      if (candidate.kind === "macvtap-private" && option === "trustGuestRxFilters") continue;
      const problem = interfaceFeatureProblem(option, kind, libvirt);
      if (problem !== null) {
        const elsewhere =
          kind !== "bridge" ? "leave it out, or use a bridge of type hypervisor or existing" : "leave it out";
        return { reason: `${option}: ${problem}`, remedy: elsewhere, property: option };
      }
    }
    return undefined;
  },
};
