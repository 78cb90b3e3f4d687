import { isVfAsked } from "../pf-of-request.ts";
import type { Rule } from "../rule.ts";

/**
 * A VF in a guest is in one VLAN, of 802.1Q and without a priority: libvirt hands the NIC no other, and sets the VLAN anew whenever
 * the domain gets the VF, whatever it was before.
 */
export const vfVlanRule: Rule = {
  id: "vf-vlan",
  source: "libvirt src/util/virnetdev.c: virNetDevSetVfConfig; vlan trunking is refused for SR-IOV",
  judge: (candidate, request) => {
    if (!isVfAsked(candidate, request)) return undefined;
    const { vlan, vf } = request;
    if (vlan !== undefined && typeof vlan !== "number") {
      return {
        reason: "a VF is in one VLAN: libvirt refuses a trunk there",
        remedy: "give one VLAN, or none where a trusted guest tags by itself, or use a bridge of type hypervisor",
        property: "vlan",
      };
    }
    const { qos = 0, vlanProtocol = "802.1Q" } = vf?.given ?? {};
    if (qos === 0 && vlanProtocol === "802.1Q") return undefined;
    const what = qos === 0 ? `a VLAN of ${vlanProtocol}` : `the priority ${qos}`;
    return {
      reason: `the SriovVirtualFunction has ${what}, and libvirt sets the VLAN anew with the priority 0, of 802.1Q, when the domain gets the VF`,
      remedy: "leave qos and vlanProtocol out there",
      property: "vf",
    };
  },
};
