import { interfaceFeatureProblem } from "../../schema/libvirt-features.ts";
import type { Rule } from "../rule.ts";

/** Each option asked for is one that libvirt, of the version the host has, gives this kind of interface. */
export const interfaceOptionsRule: Rule = {
  id: "interface-option",
  source: "provider/schema/libvirt-features.ts, tried against libvirt",
  judge: (candidate, { options }, facts) => {
    const libvirt = facts?.libvirt?.version ?? null;
    const kind = candidate.kind === "linux-bridge" ? "bridge" : "direct";
    for (const option of options) {
      const problem = interfaceFeatureProblem(option, kind, libvirt);
      if (problem !== null) {
        const elsewhere =
          kind === "direct" ? "leave it out, or use a bridge of type hypervisor or existing" : "leave it out";
        return { reason: `${option}: ${problem}`, remedy: elsewhere, property: option };
      }
    }
    return undefined;
  },
};
