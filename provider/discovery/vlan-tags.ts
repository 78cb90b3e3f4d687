import type { z } from "zod";
import { type vlanFactsSchema, vlanListOf } from "../schema/vlan.ts";
import { childOf, childrenOf, type XmlElement } from "../xml/element.ts";

type VlanFacts = z.output<typeof vlanFactsSchema>;

/** The VLANs of an `<interface>` (https://libvirt.org/formatdomain.html#setting-vlan-tag); undefined where it has none. */
export function vlanFrom(element: XmlElement): VlanFacts | undefined {
  const vlan = childOf(element, "vlan");
  const tags = childrenOf(vlan, "tag").flatMap(({ attributes }) => {
    const id = Number(attributes.get("id"));
    return Number.isInteger(id) ? [{ id, native: attributes.get("nativeMode") }] : [];
  });
  const [only, ...others] = tags;
  if (only === undefined) return undefined;
  if (others.length === 0 && vlan?.attributes.get("trunk") !== "yes" && only.native === undefined) return only.id;
  const native = tags.find((tag) => tag.native !== undefined);
  // One that is native and tagged all the same is no shape of ours: it is told in both places.
  const tagged = tags.filter((tag) => tag.native !== "untagged").map(({ id }) => id);
  return { ...(native && { native: native.id }), tagged: vlanListOf(tagged) };
}
