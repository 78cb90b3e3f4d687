import { recordOf } from "../persistence/kept-file.ts";
import type { VmInterfaceInputs } from "../schema/vm-interface.ts";
import type { ResourceKind } from "./resource-kind.ts";
import { guardOf } from "./vm-interface-attachment.ts";
import { isPepa, pepaAtBoot } from "./vm-interface-pepa.ts";
import { vlanLinkAtBoot } from "./vm-interface-vlan.ts";

const ofLibvirt = new Set(["macvtap-bridge", "macvtap-vepa", "macvtap-passthrough", "vf-passthrough"]);

/** libvirt makes the macvtap at each start of the domain. */
const hasGuard = ({ realization, domain }: Pick<VmInterfaceInputs, "realization" | "domain">): boolean =>
  domain !== undefined && ofLibvirt.has(realization.kind);

/** The interface itself is libvirt's to keep, in the domain's definition; on the host's side there is more to some. */
export const lastingVmInterface: NonNullable<ResourceKind<VmInterfaceInputs, never>["lasting"]> = {
  applies: ({ realization, domain, vlanLink }) => {
    // Not known yet: a symbol.
    if (typeof realization !== "object") return false;
    return vlanLink !== undefined || isPepa({ realization }) || hasGuard({ realization, domain });
  },
  of: async (inputs, host) => {
    const { target: name } = inputs;
    const below = await vlanLinkAtBoot(inputs, host);
    const isGuarded = hasGuard(inputs);
    return {
      records: [
        ...below.records,
        ...(isPepa(inputs) ? [pepaAtBoot(inputs)] : []),
        ...(isGuarded ? [recordOf({ link: name, name: "50-guard" }, guardOf(inputs))] : []),
      ],
      lasting: [
        ...(below.lasting ?? []),
        ...(isPepa(inputs) || isGuarded ? [{ what: "endpoint", name } as const] : []),
      ],
      manager: inputs.bridge?.uplink?.networkManager,
    };
  },
};
