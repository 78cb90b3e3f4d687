import { observe } from "../discovery/observe.ts";
import type { Host, Step } from "../host/host.ts";
import { giveToGuests, giveToHost, guestDriver, probeVf, unbindVf } from "../links/vf-driver.ts";
import { changeVf } from "../links/virtual-function.ts";
import { vfDomain, vfLink, vfLinkUse } from "../planning/index.ts";
import { KvmNetworkError } from "../schema/error.ts";
import type { HostFacts, LinkFacts, VirtualFunctionFacts } from "../schema/facts.ts";
import type { SriovVirtualFunctionInputs } from "../schema/sriov-virtual-function.ts";
import { changeHost, tryChange } from "./change-host.ts";
import { settledVfs } from "./settled-vfs.ts";
import { functionsOf, guestObjections } from "./sriov-virtual-function-check.ts";
import { kind } from "./sriov-virtual-function-settings.ts";

/** By whom a VF was driven and for whom it was kept before the first change. */
export interface OriginalDriver {
  readonly driver: string | null;
  readonly driverOverride: string | null;
}

type DriverInput = SriovVirtualFunctionInputs["driver"];

/** In the input's words; undefined where no driver has it. */
export const driverOf = ({ driver }: VirtualFunctionFacts): DriverInput =>
  driver === null ? undefined : driver === guestDriver ? guestDriver : "host";

/** The running domain that has the VF: whoever drives it, it is libvirt's for now. */
export const runningHolder = (facts: HostFacts, vf: VirtualFunctionFacts): string | undefined => {
  const domain = vfDomain(facts, vf);
  return domain?.running === true && driverOf(vf) === guestDriver ? domain.name : undefined;
};

/** The NIC and its VF as they are now. */
export const lookAtVf = async (host: Host, pci: string): Promise<[HostFacts, LinkFacts, VirtualFunctionFacts]> => {
  const facts = await observe(host);
  for (const pf of facts.links) {
    const vf = functionsOf(pf).find((each) => each.pci === pci);
    if (vf !== undefined) return [facts, pf, vf];
  }
  throw new KvmNetworkError("vf-not-found", `the VF ${pci} of ${host.name} is gone`);
};

const noAddress = "00:00:00:00:00:00";

/**
 * The address of a VF once more, when its driver has let go of it: igbvf tells the NIC its own one then, and of a VF that is trusted
 * the NIC takes it.
 */
export const setAddress = (pf: string, index: number, mac = noAddress): Step[] =>
  mac === noAddress ? [] : changeVf(pf, index, {}, { mac }).map(({ step }) => step);

/** Gives a VF to whom it shall be driven by; `override`: for whom it is kept by the host. */
export const ensureDriver = async (
  inputs: SriovVirtualFunctionInputs,
  host: Host,
  pci: string,
  wanted: NonNullable<DriverInput>,
  override: string | null = null,
): Promise<void> => {
  const [facts, pf, vf] = await lookAtVf(host, pci);
  if (driverOf(vf) === wanted || runningHolder(facts, vf) !== undefined) return;
  const toGuests = wanted === guestDriver;
  const [objection] = toGuests ? guestObjections(facts, pf, vf) : [];
  if (objection !== undefined) throw new KvmNetworkError("vf-refused", `${objection.property}: ${objection.reason}`);
  const steps = toGuests ? [...giveToGuests(vf), ...setAddress(pf.name, vf.index, vf.mac)] : giveToHost(vf, override);
  await changeHost(
    host,
    inputs,
    kind,
    `give VF ${vf.index} of ${pf.name} to ${toGuests ? guestDriver : "its host driver"}`,
    steps,
  );
  if (!toGuests) await settledVfs(host, pf.name, 1, pci);
  const [, , after] = await lookAtVf(host, pci);
  if (driverOf(after) === wanted) return;
  // Nobody has it, or somebody else: back to whom it was with.
  await tryChange(
    host,
    inputs,
    kind,
    `give VF ${vf.index} of ${pf.name} back`,
    giveToHost(after, vf.driverOverride ?? null),
  );
  const has = after.driver === null ? "no driver has taken it" : `${after.driver} has taken it`;
  const remedy = toGuests
    ? "is vfio-pci there, and its IOMMU group free of other devices?"
    : "is its network driver loaded?";
  throw new KvmNetworkError(
    "vf-driver-refused",
    `VF ${vf.index} (${pci}) of ${pf.name} on ${host.name} was to be driven by ${wanted}, and ${has}: ${remedy} See dmesg there`,
  );
};

/**
 * Lets the host's link of a VF have the address that the PF gave the VF: some drivers take it when they are reloaded only (igbvf, which is
 * refused another way), and the NIC drops what is sent with another one.
 */
export const alignLink = async (inputs: SriovVirtualFunctionInputs, host: Host, pci: string): Promise<void> => {
  const [facts, pf, vf] = await lookAtVf(host, pci);
  const link = vfLink(facts, vf);
  const { mac = noAddress } = vf;
  if (link === undefined || link.master !== null || mac === noAddress || link.mac === mac) return;
  const what = `let ${link.name} have the address of VF ${vf.index} of ${pf.name}`;
  if (vfLinkUse(facts, vf) === undefined) {
    await tryChange(host, inputs, kind, what, [unbindVf(pci), ...setAddress(pf.name, vf.index, mac), probeVf(pci)]);
    await settledVfs(host, pf.name, 1, pci);
    return;
  }
  const set = { verb: "run", argv: ["ip", "link", "set", "dev", link.name, "address", mac], mayFail: true } as const;
  await tryChange(host, inputs, kind, what, [set]);
};
