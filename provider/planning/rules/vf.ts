import type { HostFacts, LinkFacts, VirtualFunctionFacts } from "../../schema/facts.ts";
import type { Candidate } from "../candidates.ts";
import { hasEmbeddedSwitch, withEmbeddedSwitch } from "../embedded-switch.ts";
import { type Pf, pfOf } from "../pf-of-request.ts";
import type { PlanRequest, Rejection, Rule, VfRequest } from "../rule.ts";
import { vfHolder } from "../vf-holder.ts";
import { isHeldBy, vfCountOf } from "../vf-of-interface.ts";

/** The input that asks for the VF. */
const propertyOf = ({ vf }: PlanRequest): string => (vf?.given === undefined ? "bridge" : "vf");

type Sriov = NonNullable<NonNullable<LinkFacts["nic"]>["sriov"]>;

/** A rule on the VFs of a NIC that has SR-IOV. */
const ofVfs =
  (judge: (sriov: Sriov, pf: Pf, candidate: Candidate, request: PlanRequest) => Rejection | undefined): Rule["judge"] =>
  (candidate, request, facts) => {
    const pf = pfOf(candidate, request, facts);
    const sriov = pf?.nic.nic?.sriov;
    return pf && sriov && hasEmbeddedSwitch(pf.nic) ? judge(sriov, pf, candidate, request) : undefined;
  };

/** The NIC can be several PCI devices. */
export const vfSriovRule: Rule = {
  id: "vf-sriov",
  source: "kernel Documentation/PCI/pci-iov-howto.rst; drivers/pci/iov.c: sriov_totalvfs",
  judge: (candidate, request, facts) => {
    const pf = pfOf(candidate, request, facts);
    if (pf === undefined || hasEmbeddedSwitch(pf.nic)) return undefined;
    const remedy = `${withEmbeddedSwitch(pf.facts.links)}, or use a bridge of type ethernet`;
    return { reason: `${pf.where} has no SR-IOV`, remedy, property: propertyOf(request) };
  },
};

/** VFs are made, or will be by the Uplink: the one that is asked for among them. */
export const vfEnabledRule: Rule = {
  id: "vf-enabled",
  source: "kernel Documentation/PCI/pci-iov-howto.rst: sriov_numvfs",
  judge: ofVfs(({ totalVfs }, { nic, where }, _candidate, request) => {
    const count = vfCountOf(request.bridge.uplink, nic);
    const { vf } = request;
    if (vf === undefined ? count > 0 : vf.index < count) return undefined;
    const what =
      count === 0 ? `no VFs are made on ${where}` : `there is no VF ${vf?.index} on ${where}: ${count} are made`;
    const by = `echo N >/sys/class/net/${nic.name}/device/sriov_numvfs`;
    return {
      reason: what,
      remedy: `make them: numVfs of its Uplink, or by hand ${by}, at most ${totalVfs}`,
      property: propertyOf(request),
    };
  }),
};

/** Who names a VF may have bound it to vfio-pci for that: it is free while no domain has it. */
const holderOf = (facts: HostFacts, vf: VirtualFunctionFacts, { given }: VfRequest): string | undefined =>
  vfHolder(facts, given === undefined ? vf : { ...vf, driver: null });

/** What is asked for is not seen to be held: that VF, or any. */
export const vfFreeRule: Rule = {
  id: "vf-free",
  source: "kernel drivers/pci/iov.c: a VF is one PCI device, and has one driver",
  judge: ofVfs(({ functions = [] }, { nic, facts, where }, _candidate, request) => {
    const { vf } = request;
    if (vf !== undefined) {
      const there = functions.find(({ index }) => index === vf.index);
      const holder = there && !isHeldBy(facts, there, vf.alias) ? holderOf(facts, there, vf) : undefined;
      return holder === undefined
        ? undefined
        : {
            reason: `VF ${vf.index} of ${where} is not free: ${holder}`,
            remedy: "release it, or take another one",
            property: propertyOf(request),
          };
    }
    const holders = functions.flatMap((each) => vfHolder(facts, each) ?? []);
    return functions.length === 0 || holders.length < Math.max(functions.length, vfCountOf(request.bridge.uplink, nic))
      ? undefined
      : {
          reason: `no VF of ${where} is free: ${[...new Set(holders)].join(", ")}`,
          remedy: "release one, or use another NIC. More can be made only when all are released",
          property: propertyOf(request),
        };
  }),
};

/** A guest can have it. A macvtap on a VF takes no IOMMU: the VF stays the host's. */
export const vfIommuRule: Rule = {
  id: "vf-iommu",
  source: "kernel Documentation/driver-api/vfio.rst: a guest is given IOMMU groups",
  judge: ofVfs((_sriov, { nic, where }, { kind }, request) =>
    kind === "vf-passthrough" || nic.nic?.iommuGroup !== null
      ? undefined
      : {
          reason: `${where} is in no IOMMU group, and a guest gets a VF by its group`,
          remedy: "switch the IOMMU on: VT-d or AMD-Vi in the BIOS, intel_iommu=on on an Intel kernel's command line",
          property: propertyOf(request),
        },
  ),
};
