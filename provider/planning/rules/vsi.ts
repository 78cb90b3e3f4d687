import type { HostFacts, LinkFacts } from "../../schema/facts.ts";
import type { Candidate } from "../candidates.ts";
import { findLink } from "../find-nic.ts";
import { nicOf } from "../nic-of-request.ts";
import type { PlanRequest, Rule } from "../rule.ts";

/** Only a macvtap that libvirt makes can have one: what else was asked is refused by interface-option. */
const tellsTheSwitch = ({ kind }: Candidate, { options }: PlanRequest): boolean =>
  options.includes("vsi") && (kind === "macvtap-bridge" || kind === "macvtap-vepa");

/** The VLAN in which frames leave a link: its own, or that of a link below it, as libvirt looks for it. */
const vlanOf = (facts: HostFacts, link: LinkFacts): number | null | undefined => {
  if (link.kind === "vlan") return link.vlanId;
  const lower = link.lower === null ? undefined : findLink(facts, link.lower);
  return lower === undefined ? null : vlanOf(facts, lower);
};

/** The switch is told of a port with its VLAN, which libvirt takes from the uplink. */
export const vsiVlanRule: Rule = {
  id: "vsi-vlan",
  source:
    "libvirt virnetdevvportprofile.c, virNetDevVPortProfileGetPhysdevAndVlan: VLAN 0 where there is no VLAN link; " +
    "https://libvirt.org/formatdomain.html: 802.1Qbg requires another one",
  judge: (candidate, request, facts) => {
    const nic = nicOf(request, facts);
    if (nic === undefined || facts === undefined || !tellsTheSwitch(candidate, request)) return undefined;
    // The macvtap gets a VLAN link of its own.
    if (typeof request.vlan === "number") return undefined;
    const vlan = vlanOf(facts, nic);
    if (vlan === undefined || (vlan !== null && vlan !== 0)) return undefined;
    const what = vlan === 0 ? "has the VLAN 0" : "is no VLAN link";
    return {
      reason: `${nic.name} of ${facts.hostname} ${what}: the switch would be told of a port in no VLAN`,
      remedy: "give the VLAN (vlan: 100), for which a VLAN link is made on it, or leave vsi out",
      property: "vsi",
    };
  },
};

/** libvirt hands the request to lldpad, found by /run/lldpad.pid, and to nobody else. */
export const vsiLldpadRule: Rule = {
  id: "vsi-lldpad",
  source: "libvirt virnetdevvportprofile.c, virNetDevVPortProfileGetLldpadPid; test/libvirt/virtualport.test.ts",
  judge: (candidate, request, facts) =>
    facts?.lldpad === false && tellsTheSwitch(candidate, request)
      ? {
          reason: `lldpad does not run on ${facts.hostname}, and it is what tells the switch of a port (VDP)`,
          remedy: `install and start lldpad on ${facts.hostname}, with EVB on the NIC (lldptool -T -i NIC -g ncb -V evb enableTx=yes), or leave vsi out`,
          property: "vsi",
        }
      : undefined,
};
