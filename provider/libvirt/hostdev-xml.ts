import { buildXml } from "../xml/writer.ts";
import { vlanElement } from "./traffic-xml.ts";

/** A VF for a domain, as an interface: libvirt sets its MAC and VLAN by the PF, and resets a VLAN that is not in the XML. */
export interface HostdevSpec {
  /** `0000:01:10.0`. */
  readonly pci: string;
  readonly mac: string;
  readonly vlan?: number;
}

/** Managed: libvirt takes the VF from its driver, and gives it back. https://libvirt.org/formatdomain.html#network-interfaces. */
export function buildHostdevXml({ pci, mac, vlan }: HostdevSpec): string {
  const [domain = "", bus = "", slot = "", part = ""] = pci.split(/[:.]/);
  const attributes = { type: "pci", domain: `0x${domain}`, bus: `0x${bus}`, slot: `0x${slot}`, function: `0x${part}` };
  return buildXml({
    tag: "interface",
    attributes: { type: "hostdev", managed: "yes" },
    content: [
      { tag: "mac", attributes: { address: mac } },
      { tag: "source", content: [{ tag: "address", attributes }] },
      vlan === undefined ? undefined : vlanElement(vlan),
    ],
  });
}
