import type { LinkFacts, VirtualFunctionFacts } from "../schema/facts.ts";
import { type Attributes, numberAttribute } from "./attributes.ts";
import type { IpLink } from "./ip-link.ts";

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
  const group = lastPart(
    attributes.get(`${files}/device/iommu_group`) ?? attributes.get(`${files}/device/../iommu_group`),
  );
  return {
    driver: lastPart(attributes.get(`${files}/device/driver`)),
    pci: pciAddress(attributes.get(`${files}/device`)),
    // -1 and 0 are what drivers say when they don't know.
    speedMbps: speed !== null && speed > 0 ? speed : null,
    sriov: totalVfs === null ? null : { totalVfs, ...virtualFunctions(files, attributes) },
    iommuGroup: group !== null && /^\d+$/.test(group) ? Number(group) : null,
  };
}

function virtualFunctions(files: string, attributes: Attributes) {
  const vfs = numberAttribute(attributes, `${files}/device/sriov_numvfs`) ?? 0;
  const functions: VirtualFunctionFacts[] = [];
  for (let index = 0; index < vfs; index += 1) {
    const pci = pciAddress(attributes.get(`${files}/device/virtfn${index}`));
    const driver = lastPart(attributes.get(`${files}/device/virtfn${index}/driver`));
    if (pci !== null) functions.push({ index, pci, driver });
  }
  return { vfs, ...(functions.length === 0 ? {} : { functions }) };
}

function lastPart(path: string | undefined): string | null {
  return path?.split("/").at(-1) || null;
}

/** The last PCI function on the way to the device: a virtio NIC is a child of it. */
function pciAddress(path: string | undefined): string | null {
  return path?.split("/").findLast((part) => /^[0-9a-f]{4,}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/.test(part)) ?? null;
}
