import { recordOf } from "../persistence/kept-file.ts";
import type { VmInterfaceInputs } from "../schema/vm-interface.ts";
import type { ResourceKind } from "./resource-kind.ts";
import { guardOf } from "./vm-interface-attachment.ts";
import { isPepa, pepaAtBoot } from "./vm-interface-pepa.ts";

const ofLibvirt = new Set(["macvtap-bridge", "macvtap-vepa", "macvtap-passthrough"]);

/** The interface itself is libvirt's to keep, in the domain's definition; on the host's side there is more to some. */
export const lastingVmInterface: NonNullable<ResourceKind<VmInterfaceInputs, never>["lasting"]> = {
  applies: ({ realization, domain }) => {
    // Not known yet: a symbol.
    if (typeof realization !== "object") return false;
    return isPepa({ realization }) || (domain !== undefined && ofLibvirt.has(realization.kind));
  },
  of: async (inputs) => {
    const { target } = inputs;
    return {
      // libvirt makes the macvtap at each start of the domain.
      records: [isPepa(inputs) ? pepaAtBoot(inputs) : recordOf({ link: target, name: "50-guard" }, guardOf(inputs))],
      lasting: [{ what: "endpoint", name: target }],
      manager: inputs.bridge?.uplink?.networkManager,
    };
  },
};
