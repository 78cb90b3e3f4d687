import type { Teaming } from "../discovery/teaming.ts";
import type { XmlNode } from "../xml/writer.ts";

/** https://libvirt.org/formatdomain.html#pci-passthrough. `pci`: `0000:01:10.0`. */
export function hostdevSource(pci: string): XmlNode {
  const [domain, bus, slot, part] = pci.split(/[:.]/);
  const hex = (digits: string | undefined) => (digits === undefined ? undefined : `0x${digits}`);
  const attributes = { type: "pci", domain: hex(domain), bus: hex(bus), slot: hex(slot), function: hex(part) };
  return { tag: "source", content: [{ tag: "address", attributes }] };
}

/** https://libvirt.org/formatdomain.html#teaming-a-virtio-hostdev-nic-pair. */
export function teamingElement(teaming: Teaming): XmlNode {
  const persistent = teaming.type === "transient" ? teaming.persistent : undefined;
  return { tag: "teaming", attributes: { type: teaming.type, persistent } };
}
