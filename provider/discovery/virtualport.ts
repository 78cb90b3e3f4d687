import { type Vsi, vsiFactsSchema } from "../schema/vsi.ts";
import { childNumber, childOf, type XmlElement } from "../xml/element.ts";

/** The VSI of an `<interface>`; undefined where it has none, or a virtualport of another type. */
export function vsiFrom(element: XmlElement): Vsi | undefined {
  const port = childOf(element, "virtualport");
  if (port?.attributes.get("type") !== "802.1Qbg") return undefined;
  return vsiFactsSchema.safeParse({
    managerId: childNumber(port, "parameters", "managerid"),
    typeId: childNumber(port, "parameters", "typeid"),
    typeIdVersion: childNumber(port, "parameters", "typeidversion"),
    instanceId: childOf(port, "parameters")?.attributes.get("instanceid"),
  }).data;
}
