import { type InterfaceFeature, type InterfaceKind, interfaceFeatureProblem } from "../../schema/libvirt-features.ts";
import type { RealizationKind } from "../../schema/realization.ts";
import type { Rule } from "../rule.ts";

const libvirtKind = (realization: RealizationKind): InterfaceKind => {
  if (realization === "linux-bridge") return "bridge";
  if (realization === "vf-veb" || realization === "vf-vepa") return "hostdev";
  // Made by us, with its filter, before libvirt opens it.
  return realization === "macvtap-private" ? "ethernet" : "direct";
};

/** The input that asks for it. */
const inputOf = (option: InterfaceFeature): string =>
  option === "inboundPeak" || option === "outboundPeak" ? "bandwidth" : option;

/** A macvtap on the VF has them. */
const byMacvtap: readonly InterfaceFeature[] = ["driver", "queues", "rxQueueSize", "txQueueSize"];

const onVf = (option: InterfaceFeature): string => {
  if (option === "bandwidth" || option === "inboundPeak" || option === "outboundPeak")
    return "leave it out, and limit what the VF sends by maxTxRateMbps of its SriovVirtualFunction";
  if (option === "linkState")
    return "leave it out, and set linkState of its SriovVirtualFunction where the NIC's driver can";
  if (byMacvtap.includes(option))
    return "leave it out, or drop the need for a hardware-path: a macvtap on the VF has it";
  return "leave it out, or use a bridge of another type";
};

const elsewhere = (option: InterfaceFeature, kind: InterfaceKind): string => {
  if (kind === "hostdev") return onVf(option);
  if (option === "vsi") return "leave it out, or ask for veb or vepa on a bridge of type ethernet";
  if (option === "inboundPeak" || option === "outboundPeak") return "leave peakMbps out: the average holds";
  if (option === "vlan" && kind === "bridge") return "install a newer libvirt, or use a bridge of type ethernet";
  return kind === "bridge" ? "leave it out" : "leave it out, or use a bridge of type hypervisor or existing";
};

/** Each option asked for is one that libvirt, of the version the host has, gives this kind of interface. */
export const interfaceOptionsRule: Rule = {
  id: "interface-option",
  source: "provider/schema/libvirt-features.ts, tried against libvirt",
  judge: (candidate, { options }, facts) => {
    const libvirt = facts?.libvirt?.version ?? null;
    const kind = libvirtKind(candidate.kind);
    for (const option of options) {
      // The VLAN of a macvtap is that of the link below it: see rules/vlan.ts.
      if (option === "vlan" && (kind === "direct" || kind === "ethernet")) continue;
      // Of the filter there is more to say: see rules/pepa.ts.
      if (candidate.kind === "macvtap-private" && option === "trustGuestRxFilters") continue;
      const problem = interfaceFeatureProblem(option, kind, libvirt);
      if (problem !== null) {
        return { reason: `${option}: ${problem}`, remedy: elsewhere(option, kind), property: inputOf(option) };
      }
    }
    return undefined;
  },
};
