import type { HostFacts } from "../schema/facts.ts";
import { type InterfaceKind, interfaceFeatureProblem } from "../schema/libvirt-features.ts";
import type { VmInterfaceInputs } from "../schema/vm-interface.ts";

/**
 * Why this libvirt can't have any interface of ours: it must keep our alias, by which an interface is found again, and take an
 * endpoint that is there already, where that is what it gets. What single options take, the planner says (rules/interface-options.ts).
 */
export const libvirtTooOld = (
  { hostname, libvirt }: Pick<HostFacts, "hostname" | "libvirt">,
  { endpoint }: Pick<Partial<VmInterfaceInputs>, "endpoint">,
): string | undefined => {
  const kind: InterfaceKind = endpoint === undefined ? "bridge" : "ethernet";
  const version = libvirt?.version ?? null;
  const problem = interfaceFeatureProblem("alias", kind, version) ?? interfaceFeatureProblem("kind", kind, version);
  return problem === null ? undefined : `libvirt on ${hostname} is too old: ${problem}; install a newer one there`;
};
