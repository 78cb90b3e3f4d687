import { isHeldBy, vfCountOf, vfLink } from "../planning/index.ts";
import { KvmNetworkError } from "../schema/error.ts";
import type { HostFacts, LinkFacts } from "../schema/facts.ts";
import type { VmInterfaceInputs } from "../schema/vm-interface.ts";
import { userAlias } from "./identity.ts";
import type { Properties } from "./resource-kind.ts";
import { pickVf } from "./vf-registry.ts";

/** The VF that an interface has, as the host knows it now. */
export interface VfPlace {
  readonly index: number;
  readonly pci: string;
  /** Where a macvtap stands on it: the VF's link on the host. */
  readonly device?: string;
}

type Realized = { readonly realization: { readonly kind: string } };

/** The guest drives the VF by itself. */
export const isHostdev = ({ realization: { kind } }: Realized): boolean => kind === "vf-veb" || kind === "vf-vepa";

export const isOnVf = (of: Realized): boolean => isHostdev(of) || of.realization.kind === "vf-passthrough";

const pfOf = ({ plan, realization }: VmInterfaceInputs): string => plan.uplink ?? realization.source;

const nicIn = (facts: HostFacts, name: string): LinkFacts | undefined => facts.links.find((link) => link.name === name);

/** The VF that a domain has in the interface of that mark: after a lost state, or where nothing told of VFs before. */
export const attachedVf = (facts: HostFacts | undefined, nic: string, mark: string): number | undefined =>
  facts && nicIn(facts, nic)?.nic?.sriov?.functions?.find((vf) => isHeldBy(facts, vf, userAlias(mark)))?.index;

/** The VF, when it is there. */
export const placeOf = (inputs: VmInterfaceInputs, facts: HostFacts): VfPlace | undefined => {
  if (!isOnVf(inputs)) return undefined;
  const vf = nicIn(facts, pfOf(inputs))?.nic?.sriov?.functions?.find(({ index }) => index === inputs.vfIndex);
  // The link of a VF that a guest drives comes and goes with the guest.
  const device = vf && !isHostdev(inputs) ? vfLink(facts, vf)?.name : undefined;
  return vf && { index: vf.index, pci: vf.pci, ...(device === undefined ? {} : { device }) };
};

/** The same, or why it can't be had: what a macvtap stands on is a link of the host. */
export const mustHaveVf = (inputs: VmInterfaceInputs, facts: HostFacts): VfPlace | undefined => {
  if (!isOnVf(inputs)) return undefined;
  const place = placeOf(inputs, facts);
  const which = `VF ${inputs.vfIndex} of ${pfOf(inputs)} of ${facts.hostname}`;
  if (place === undefined) {
    throw new KvmNetworkError("no-vf", `there is no ${which}: make it, by numVfs of the Uplink`);
  }
  if (!isHostdev(inputs) && place.device === undefined) {
    throw new KvmNetworkError(
      "no-vf-link",
      `${which} (${place.pci}) has no link on the host, which a macvtap would stand on: bind it to its own network driver`,
    );
  }
  return place;
};

/** With the VF that it is known to have, by the domain's account or the last update's. */
export const withKnownVf = (inputs: VmInterfaceInputs, facts: HostFacts, previous: Properties = {}) => {
  if (!isOnVf(inputs) || inputs.vfIndex !== undefined) return inputs;
  const vfIndex = attachedVf(facts, pfOf(inputs), inputs.mark) ?? indexIn(previous);
  return vfIndex === undefined ? inputs : { ...inputs, vfIndex };
};

const indexIn = ({ virtualFunction }: Properties): number | undefined =>
  typeof virtualFunction === "object" && virtualFunction !== null && "index" in virtualFunction
    ? Number(virtualFunction.index)
    : undefined;

/** With the VF decided: where a preview knew nothing of the host's VFs it is picked now, and stays in the outputs. */
export const withVf = (given: VmInterfaceInputs, facts: HostFacts, previous: Properties = {}): VmInterfaceInputs => {
  const inputs = withKnownVf(given, facts, previous);
  if (!isOnVf(inputs) || inputs.vfIndex !== undefined) return inputs;
  const { host, mark } = inputs;
  const nic = pfOf(inputs);
  const count = vfCountOf(inputs.bridge?.uplink, nicIn(facts, nic));
  const vfIndex = pickVf({ host, nic, mark }, count, facts);
  if (vfIndex === undefined) {
    throw new KvmNetworkError("no-free-vf", `no VF of ${nic} of ${facts.hostname} is free: release one, or make more`);
  }
  return { ...inputs, vfIndex };
};
