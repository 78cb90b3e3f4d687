import type { LinkFacts } from "../../schema/facts.ts";
import type { Candidate } from "../candidates.ts";
import { hasEmbeddedSwitch, withEmbeddedSwitch } from "../embedded-switch.ts";
import { type Pf, pfOf } from "../pf-of-request.ts";
import type { Rejection, Rule } from "../rule.ts";
import { vfHolder } from "../vf-holder.ts";

const property = "bridge";

type Sriov = NonNullable<NonNullable<LinkFacts["nic"]>["sriov"]>;

/** A rule on the VFs of a NIC that has SR-IOV. */
const ofVfs =
  (judge: (sriov: Sriov, pf: Pf, candidate: Candidate) => Rejection | undefined): Rule["judge"] =>
  (candidate, request, facts) => {
    const pf = pfOf(candidate, request, facts);
    const sriov = pf?.nic.nic?.sriov;
    return pf && sriov && hasEmbeddedSwitch(pf.nic) ? judge(sriov, pf, candidate) : undefined;
  };

/** The NIC can be several PCI devices. */
export const vfSriovRule: Rule = {
  id: "vf-sriov",
  source: "kernel Documentation/PCI/pci-iov-howto.rst; drivers/pci/iov.c: sriov_totalvfs",
  judge: (candidate, request, facts) => {
    const pf = pfOf(candidate, request, facts);
    if (pf === undefined || hasEmbeddedSwitch(pf.nic)) return undefined;
    const remedy = `${withEmbeddedSwitch(pf.facts.links)}, or use a bridge of type ethernet`;
    return { reason: `${pf.where} has no SR-IOV`, remedy, property };
  },
};

/** VFs are made. */
export const vfEnabledRule: Rule = {
  id: "vf-enabled",
  source: "kernel Documentation/PCI/pci-iov-howto.rst: sriov_numvfs",
  judge: ofVfs(({ totalVfs, vfs }, { nic, where }) =>
    vfs > 0
      ? undefined
      : {
          reason: `no VFs are made on ${where}`,
          remedy: `make them: echo N >/sys/class/net/${nic.name}/device/sriov_numvfs, at most ${totalVfs}`,
          property,
        },
  ),
};

/** Not each of them is seen to be held. */
export const vfFreeRule: Rule = {
  id: "vf-free",
  source: "kernel drivers/pci/iov.c: a VF is one PCI device, and has one driver",
  judge: ofVfs(({ functions = [] }, { facts, where }) => {
    const holders = functions.flatMap((vf) => vfHolder(facts, vf) ?? []);
    return functions.length === 0 || holders.length < functions.length
      ? undefined
      : {
          reason: `no VF of ${where} is free: ${[...new Set(holders)].join(", ")}`,
          remedy: "release one, or use another NIC. More can be made only when all are released",
          property,
        };
  }),
};

/** A guest can have it. A macvtap on a VF takes no IOMMU: the VF stays the host's. */
export const vfIommuRule: Rule = {
  id: "vf-iommu",
  source: "kernel Documentation/driver-api/vfio.rst: a guest is given IOMMU groups",
  judge: ofVfs((_sriov, { nic, where }, { kind }) =>
    kind === "vf-passthrough" || nic.nic?.iommuGroup !== null
      ? undefined
      : {
          reason: `${where} is in no IOMMU group, and a guest gets a VF by its group`,
          remedy: "switch the IOMMU on: VT-d or AMD-Vi in the BIOS, intel_iommu=on on an Intel kernel's command line",
          property,
        },
  ),
};
