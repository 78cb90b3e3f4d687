import { type DomainInterfaceFacts, macvtapModes } from "../schema/facts.ts";
import { childAttribute, childNumber, childOf, childrenOf, parseXml, type XmlElement } from "../xml/element.ts";
import { bandwidthFrom } from "./bandwidth.ts";
import { sourceAddress } from "./source-address.ts";
import { teamingFrom } from "./teaming.ts";
import { vsiFrom } from "./virtualport.ts";
import { vlanFrom } from "./vlan-tags.ts";

export interface DomainXml {
  readonly name: string;
  readonly uuid: string;
  /** Only the live XML of a running (or paused) machine has an id. */
  readonly running: boolean;
  /** In the order of the XML, kinds that we never make included. */
  readonly interfaces: DomainInterfaceFacts[];
  /** PCI addresses of `<hostdev>` devices. */
  readonly hostDevices: string[];
}

/**
 * Read what `virsh dumpxml` prints (live or `--inactive`): https://libvirt.org/formatdomain.html#network-interfaces.
 * Only `<interface>` directly below `<devices>` counts: metadata may hold anything.
 *
 * @throws LibvirtXmlError for text that is cut short or not a `<domain>`.
 */
export function parseDomainXml(xml: string): DomainXml {
  const domain = parseXml(xml, "domain");
  const devices = childOf(domain, "devices");
  return {
    name: childOf(domain, "name")?.text ?? "",
    uuid: childOf(domain, "uuid")?.text.trim() ?? "",
    running: domain.attributes.has("id"),
    interfaces: childrenOf(devices, "interface").map(domainInterface),
    hostDevices: childrenOf(devices, "hostdev").flatMap((device) => sourceAddress(device) ?? []),
  };
}

function domainInterface(element: XmlElement): DomainInterfaceFacts {
  const type = element.attributes.get("type") ?? "";
  const text = (child: string, attribute: string) => childAttribute(element, child, attribute) ?? null;
  const number = (child: string, attribute: string) => childNumber(element, child, attribute) ?? null;
  return {
    mac: text("mac", "address")?.toLowerCase() ?? "",
    type,
    source: interfaceSource(type, element),
    mode: type === "direct" ? directMode(text("source", "mode")) : null,
    target: text("target", "dev"),
    targetManaged: text("target", "managed") !== "no",
    alias: text("alias", "name"),
    model: text("model", "type"),
    driver: text("driver", "name"),
    queues: number("driver", "queues"),
    rxQueueSize: number("driver", "rx_queue_size"),
    txQueueSize: number("driver", "tx_queue_size"),
    mtu: number("mtu", "size"),
    linkState: text("link", "state") === "down" ? "down" : "up",
    isolated: text("port", "isolated") === "yes",
    trustGuestRxFilters: element.attributes.get("trustGuestRxFilters") === "yes",
    filter: text("filterref", "filter"),
    bootOrder: number("boot", "order"),
    teaming: teamingFrom(element),
    vsi: vsiFrom(element) ?? null,
    vlan: vlanFrom(element) ?? null,
    bandwidth: bandwidthFrom(element) ?? null,
    address: addressOf(element),
  };
}

function addressOf(element: XmlElement): Record<string, string> | null {
  const address = childOf(element, "address");
  return address ? Object.fromEntries(address.attributes) : null;
}

/** The attribute that names the other end, by type; a running interface of a network names both network and bridge. */
function interfaceSource(type: string, element: XmlElement): string | null {
  if (type === "hostdev") return sourceAddress(element);
  const attribute = { bridge: "bridge", network: "network", direct: "dev", vdpa: "dev" }[type];
  return (attribute && childAttribute(element, "source", attribute)) ?? null;
}

/** A `direct` source without a mode is in vepa mode; one that this version does not know is null. */
function directMode(mode: string | null): DomainInterfaceFacts["mode"] {
  return mode === null ? "vepa" : (macvtapModes.find((known) => known === mode) ?? null);
}
