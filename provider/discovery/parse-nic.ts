import type { LinkFacts } from "../schema/facts.ts";
import { type Attributes, numberAttribute } from "./attributes.ts";
import { lastPart, numberOf, pciAddress } from "./device-paths.ts";
import type { IpLink } from "./ip-link.ts";
import { parseVirtualFunctions } from "./parse-virtual-functions.ts";

/** Virtual links that VMs can reach the outside through. A veth only when its peer is elsewhere: in another namespace. */
const uplinkKinds = new Set(["bond", "team", "vlan", "dummy"]);

/** What makes a link an uplink's NIC; null for links that can't be one. */
export function parseNic(link: IpLink, attributes: Attributes): LinkFacts["nic"] {
  const kind = link.linkinfo.info_kind;
  const isHardware = kind === undefined && link.link_type === "ether";
  const isPeerElsewhere = kind === "veth" && link.link === undefined;
  if (!isHardware && !isPeerElsewhere && !(kind !== undefined && uplinkKinds.has(kind))) return null;

  const files = `/sys/class/net/${link.ifname}`;
  const speed = numberAttribute(attributes, `${files}/speed`);
  const totalVfs = numberAttribute(attributes, `${files}/device/sriov_totalvfs`);
  const group = attributes.get(`${files}/device/iommu_group`) ?? attributes.get(`${files}/device/../iommu_group`);
  return {
    driver: lastPart(attributes.get(`${files}/device/driver`)),
    pci: pciAddress(attributes.get(`${files}/device`)),
    // -1 and 0 are what drivers say when they don't know.
    speedMbps: speed !== null && speed > 0 ? speed : null,
    sriov: totalVfs === null ? null : { totalVfs, ...parseVirtualFunctions(link, attributes) },
    iommuGroup: numberOf(group),
  };
}
