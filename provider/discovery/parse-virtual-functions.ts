import { type VirtualFunctionFacts, vfLinkStates } from "../schema/facts.ts";
import { highestVfCount } from "../schema/vf-count.ts";
import { vlanProtocols } from "../schema/vlan.ts";
import { type Attributes, numberAttribute } from "./attributes.ts";
import { lastPart, numberOf, pciAddress } from "./device-paths.ts";
import type { IpLink, IpVf } from "./ip-link.ts";

/** The VFs that are made on a NIC: what the kernel has links to, with what the PF tells of each. */
export function parseVirtualFunctions(link: IpLink, attributes: Attributes) {
  const files = `/sys/class/net/${link.ifname}/device`;
  const vfs = Math.min(numberAttribute(attributes, `${files}/sriov_numvfs`) ?? 0, highestVfCount);
  const functions: VirtualFunctionFacts[] = [];
  for (let index = 0; index < vfs; index += 1) {
    const at = `${files}/virtfn${index}`;
    const pci = pciAddress(attributes.get(at));
    if (pci === null) continue;
    const told = link.vfinfo_list.find(({ vf }) => vf === index);
    functions.push({
      index,
      pci,
      driver: lastPart(attributes.get(`${at}/driver`)),
      driverOverride: overrideOf(attributes.get(`${at}/driver_override`)),
      iommuGroup: numberOf(attributes.get(`${at}/iommu_group`)),
      ...(told === undefined ? {} : settings(told)),
    });
  }
  return { vfs, ...(functions.length === 0 ? {} : { functions }) };
}

/** The kernel prints a null pointer as `(null)`. */
const overrideOf = (text: string | undefined): string | null => (text === undefined || text === "(null)" ? null : text);

function settings(vf: IpVf): Partial<VirtualFunctionFacts> {
  const { spoofchk, trust, rate, vlan_list: vlans = [] } = vf;
  const mac = vf.address ?? vf.mac;
  const [tag] = vlans;
  const linkState = vfLinkStates.find((state) => state === vf.link_state);
  return {
    ...(mac === undefined ? {} : { mac }),
    ...(tag === undefined
      ? {}
      : // 802.1Q is what is not told.
        {
          vlan: tag.vlan,
          qos: tag.qos,
          vlanProtocol: vlanProtocols.find((protocol) => protocol === tag.protocol) ?? vlanProtocols[0],
        }),
    ...(spoofchk === undefined ? {} : { spoofCheck: spoofchk }),
    ...(trust === undefined ? {} : { trust }),
    ...(rate === undefined ? {} : { minTxRateMbps: rate.min_tx, maxTxRateMbps: rate.max_tx }),
    ...(linkState === undefined ? {} : { linkState }),
  };
}
