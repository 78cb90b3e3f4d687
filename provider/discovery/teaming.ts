import { childOf, type XmlElement } from "../xml/element.ts";

/** Of a pair of NICs with one MAC: the one that stays, or the alias of the one that a VF goes with when the guest moves. */
export type Teaming = { readonly type: "persistent" } | { readonly type: "transient"; readonly persistent: string };

/** https://libvirt.org/formatdomain.html#teaming-a-virtio-hostdev-nic-pair; null where there is none. */
export function teamingFrom(element: XmlElement): Teaming | null {
  const teaming = childOf(element, "teaming");
  const persistent = teaming?.attributes.get("persistent");
  if (teaming?.attributes.get("type") === "persistent") return { type: "persistent" };
  return persistent === undefined ? null : { type: "transient", persistent };
}
