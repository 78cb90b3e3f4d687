import { type Bandwidth, rateUnitsPerMbps } from "../schema/bandwidth.ts";
import { type Vlan, vlanIdsOf } from "../schema/vlan.ts";
import type { XmlNode } from "../xml/writer.ts";

/** https://libvirt.org/formatdomain.html#setting-vlan-tag. A trunk without a native VLAN drops what comes untagged. */
export function vlanElement(vlan: Vlan): XmlNode {
  if (typeof vlan === "number") return { tag: "vlan", content: [{ tag: "tag", attributes: { id: vlan } }] };
  const native = vlan.native === undefined ? [] : [{ id: vlan.native, nativeMode: "untagged" }];
  const tags = [...native, ...vlanIdsOf(vlan.tagged).map((id) => ({ id }))];
  return { tag: "vlan", attributes: { trunk: "yes" }, content: tags.map((attributes) => ({ tag: "tag", attributes })) };
}

/** https://libvirt.org/formatnetwork.html#quality-of-service. */
export function bandwidthElement({ inbound, outbound }: Bandwidth): XmlNode {
  return { tag: "bandwidth", content: [limit("inbound", inbound), limit("outbound", outbound)] };
}

function limit(tag: string, of: Bandwidth["inbound"]): XmlNode | undefined {
  if (of === undefined) return undefined;
  const units = (mbps: number) => Math.round(mbps * rateUnitsPerMbps);
  const { averageMbps, peakMbps, burstKiB } = of;
  const peak = peakMbps === undefined ? undefined : units(peakMbps);
  return { tag, attributes: { average: units(averageMbps), peak, burst: burstKiB } };
}
