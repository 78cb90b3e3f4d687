import { bandwidthFrom } from "../discovery/bandwidth.ts";
import { sourceAddress } from "../discovery/source-address.ts";
import { type Teaming, teamingFrom } from "../discovery/teaming.ts";
import { vsiFrom } from "../discovery/virtualport.ts";
import { vlanFrom } from "../discovery/vlan-tags.ts";
import type { Bandwidth } from "../schema/bandwidth.ts";
import { type MacvtapMode, macvtapModes } from "../schema/facts.ts";
import type { Vlan } from "../schema/vlan.ts";
import type { Vsi } from "../schema/vsi.ts";
import { childAttribute, childNumber, childOf, LibvirtXmlError, parseXml, type XmlElement } from "../xml/element.ts";
import { buildXml, type XmlNode } from "../xml/writer.ts";
import { hostdevSource, teamingElement } from "./hostdev-xml.ts";
import { bandwidthElement, vlanElement } from "./traffic-xml.ts";

/** What every kind of interface can say but a VF's. A property that is left out is left out of the XML: libvirt's default holds. */
interface CommonSpec {
  /** Lower case. */
  readonly mac: string;
  /** The NIC that the guest sees: virtio (default), e1000e, … Always written: libvirt's own default is an rtl8139. */
  readonly model?: string;
  /** Who moves the frames of a virtio NIC. Left out, libvirt takes vhost when it can and says nothing when it cannot. */
  readonly driver?: "vhost" | "qemu";
  /** Pairs of queues; virtio only. */
  readonly queues?: number;
  /** Descriptors, a power of two, 256 to 1024; virtio only. */
  readonly rxQueueSize?: number;
  /** As rxQueueSize; QEMU keeps 256 unless the backend is vhost-user or vDPA. */
  readonly txQueueSize?: number;
  readonly mtu?: number;
  readonly linkState?: "up" | "down";
  readonly trustGuestRxFilters?: boolean;
  /** Name of an nwfilter. */
  readonly filter?: string;
  /** Refused by libvirt while the domain's `<os>` has a `<boot>`. */
  readonly bootOrder?: number;
  /** Not for every kind: `interfaceFeatures.vlan`. */
  readonly vlan?: Vlan;
  /** As the guest sees it. */
  readonly bandwidth?: Bandwidth;
  /** What a VF with the same MAC is teamed with. */
  readonly teaming?: Teaming;
  /** A user alias: begins with `ua-`. */
  readonly alias?: string;
  /** Where the guest finds it, as libvirt chose it: never asked for, but kept over an update. */
  readonly address?: Readonly<Record<string, string>>;
}

/** A tap that libvirt makes a port of a Linux bridge. */
export interface BridgeInterfaceSpec extends CommonSpec {
  readonly kind: "bridge";
  readonly bridge: string;
  /** Frames do not pass between isolated ports of the bridge. */
  readonly isolated?: boolean;
  /** Name of the tap. libvirt ignores one of its own prefixes (vnet, vif, macvtap, macvlan). */
  readonly target?: string;
}

/** A macvtap that libvirt makes on the uplink. */
export interface DirectInterfaceSpec extends CommonSpec {
  readonly kind: "direct";
  readonly uplink: string;
  readonly mode: MacvtapMode;
  /** The port as the adjacent switch is told of it. */
  readonly vsi?: Vsi;
  /** Name of the macvtap, as for a tap. */
  readonly target?: string;
}

/** A tap or macvtap that is there already, and stays when the domain goes. */
export interface EthernetInterfaceSpec extends CommonSpec {
  readonly kind: "ethernet";
  readonly target: string;
}

/** A VF that the guest drives by itself. libvirt sets its MAC and its VLAN, and puts back what they were when the guest lets go. */
export interface HostdevInterfaceSpec
  extends Pick<CommonSpec, "mac" | "vlan" | "bootOrder" | "teaming" | "alias" | "address"> {
  readonly kind: "hostdev";
  /** The VF's PCI address: `0000:01:10.0`. */
  readonly pci: string;
}

/** A NIC of a domain in the kinds that we make: https://libvirt.org/formatdomain.html#network-interfaces. */
export type InterfaceSpec = BridgeInterfaceSpec | DirectInterfaceSpec | EthernetInterfaceSpec | HostdevInterfaceSpec;

export const defaultModel = "virtio";

/** The `<interface>` element, in the order in which libvirt itself writes it. */
export function buildInterfaceXml(spec: InterfaceSpec): string {
  return buildXml({
    tag: "interface",
    attributes: typeOf(spec),
    content: [
      { tag: "mac", attributes: { address: spec.mac } },
      source(spec),
      spec.kind === "direct" && spec.vsi ? virtualport(spec.vsi) : undefined,
      spec.vlan === undefined ? undefined : vlanElement(spec.vlan),
      ...(spec.kind === "hostdev" ? [] : ofDevice(spec)),
      spec.teaming === undefined ? undefined : teamingElement(spec.teaming),
      ...(spec.kind === "hostdev" ? [] : ofLink(spec)),
      optional("boot", { order: spec.bootOrder }),
      optional("alias", { name: spec.alias }),
      optional("address", { ...spec.address }),
    ],
  });
}

type DeviceSpec = Exclude<InterfaceSpec, HostdevInterfaceSpec>;

/** A VF is taken from its driver and given back by libvirt (`managed`). */
const typeOf = (spec: InterfaceSpec) =>
  spec.kind === "hostdev"
    ? { type: spec.kind, managed: "yes" }
    : { type: spec.kind, trustGuestRxFilters: yesNo(spec.trustGuestRxFilters) };

const ofDevice = (spec: DeviceSpec): (XmlNode | undefined)[] => [
  spec.bandwidth === undefined ? undefined : bandwidthElement(spec.bandwidth),
  spec.kind === "bridge" ? optional("port", { isolated: yesNo(spec.isolated) }) : undefined,
  optional("target", { dev: spec.target, managed: spec.kind === "ethernet" ? "no" : undefined }),
  { tag: "model", attributes: { type: spec.model ?? defaultModel } },
  optional("driver", {
    name: spec.driver,
    queues: spec.queues,
    rx_queue_size: spec.rxQueueSize,
    tx_queue_size: spec.txQueueSize,
  }),
  optional("filterref", { filter: spec.filter }),
];

const ofLink = (spec: DeviceSpec): (XmlNode | undefined)[] => [
  optional("link", { state: spec.linkState }),
  optional("mtu", { size: spec.mtu }),
];

/**
 * The reverse of {@link buildInterfaceXml}, the model always told. What libvirt adds (address, the name of a tap) is in it.
 *
 * @throws LibvirtXmlError for XML that is cut short, or an interface of a kind that we do not make.
 */
export function parseInterfaceXml(xml: string): InterfaceSpec {
  const element = parseXml(xml, "interface");
  const ours = bridgeFrom(element) ?? directFrom(element) ?? ethernetFrom(element) ?? hostdevFrom(element);
  if (ours === undefined) {
    const type = element.attributes.get("type") ?? "";
    throw new LibvirtXmlError("interface", xml, `it is of type '${type}' with a source or target that we do not make`);
  }
  return ours;
}

function source(spec: InterfaceSpec): XmlNode | undefined {
  switch (spec.kind) {
    case "bridge":
      return { tag: "source", attributes: { bridge: spec.bridge } };
    case "direct":
      return { tag: "source", attributes: { dev: spec.uplink, mode: spec.mode } };
    case "ethernet":
      return undefined;
    case "hostdev":
      return hostdevSource(spec.pci);
  }
}

/** libvirt would make up what is left out of the parameters, another one each time: https://libvirt.org/formatdomain.html. */
function virtualport({ managerId, typeId, typeIdVersion, instanceId }: Vsi): XmlNode {
  const attributes = { managerid: managerId, typeid: typeId, typeidversion: typeIdVersion, instanceid: instanceId };
  return { tag: "virtualport", attributes: { type: "802.1Qbg" }, content: [{ tag: "parameters", attributes }] };
}

function optional(tag: string, attributes: NonNullable<XmlNode["attributes"]>): XmlNode | undefined {
  return Object.values(attributes).some((value) => value !== undefined) ? { tag, attributes } : undefined;
}

const yesNo = (value: boolean | undefined) => (value === undefined ? undefined : value ? "yes" : "no");
const boolean = (value: string | undefined) => (value === undefined ? undefined : value === "yes");

function bridgeFrom(element: XmlElement): BridgeInterfaceSpec | undefined {
  const bridge = childAttribute(element, "source", "bridge");
  if (element.attributes.get("type") !== "bridge" || bridge === undefined) return undefined;
  return {
    kind: "bridge",
    bridge,
    ...present("isolated", boolean(childAttribute(element, "port", "isolated"))),
    ...present("target", childAttribute(element, "target", "dev")),
    ...commonFrom(element),
  };
}

function directFrom(element: XmlElement): DirectInterfaceSpec | undefined {
  const uplink = childAttribute(element, "source", "dev");
  const written = childAttribute(element, "source", "mode") ?? "vepa";
  const mode = macvtapModes.find((known) => known === written);
  if (element.attributes.get("type") !== "direct" || uplink === undefined || mode === undefined) return undefined;
  return {
    kind: "direct",
    uplink,
    mode,
    ...present("vsi", vsiFrom(element)),
    ...present("target", childAttribute(element, "target", "dev")),
    ...commonFrom(element),
  };
}

function ethernetFrom(element: XmlElement): EthernetInterfaceSpec | undefined {
  const target = childAttribute(element, "target", "dev");
  const unmanaged = childAttribute(element, "target", "managed") === "no";
  if (element.attributes.get("type") !== "ethernet" || target === undefined || !unmanaged) return undefined;
  return { kind: "ethernet", target, ...commonFrom(element) };
}

function hostdevFrom(element: XmlElement): HostdevInterfaceSpec | undefined {
  const pci = sourceAddress(element);
  const isManaged = element.attributes.get("managed") === "yes";
  if (element.attributes.get("type") !== "hostdev" || pci === null || !isManaged) return undefined;
  const { mac, vlan, bootOrder, teaming, alias, address } = commonFrom(element);
  return {
    kind: "hostdev",
    pci,
    mac,
    ...present("vlan", vlan),
    ...present("bootOrder", bootOrder),
    ...present("teaming", teaming),
    ...present("alias", alias),
    ...present("address", address),
  };
}

function commonFrom(element: XmlElement): CommonSpec {
  const text = (child: string, attribute: string) => childAttribute(element, child, attribute);
  return {
    mac: text("mac", "address")?.toLowerCase() ?? "",
    ...present("model", text("model", "type")),
    ...present("driver", oneOf(text("driver", "name"), ["vhost", "qemu"])),
    ...present("queues", childNumber(element, "driver", "queues")),
    ...present("rxQueueSize", childNumber(element, "driver", "rx_queue_size")),
    ...present("txQueueSize", childNumber(element, "driver", "tx_queue_size")),
    ...present("mtu", childNumber(element, "mtu", "size")),
    ...present("linkState", oneOf(text("link", "state"), ["up", "down"])),
    ...present("trustGuestRxFilters", boolean(element.attributes.get("trustGuestRxFilters"))),
    ...present("filter", text("filterref", "filter")),
    ...present("bootOrder", childNumber(element, "boot", "order")),
    ...present("vlan", vlanFrom(element)),
    ...present("bandwidth", bandwidthFrom(element)),
    ...present("teaming", teamingFrom(element) ?? undefined),
    ...present("alias", text("alias", "name")),
    ...present("address", addressFrom(element)),
  };
}

function addressFrom(element: XmlElement): Record<string, string> | undefined {
  const address = childOf(element, "address");
  return address && Object.fromEntries(address.attributes);
}

/** `{ key: value }`, or nothing: with exactOptionalPropertyTypes an absent property is not an undefined one. */
function present<Key extends string, Value>(key: Key, value: Value | undefined): { [K in Key]?: Value } {
  // The compiler takes a computed key for any string, so it has to be told.
  return value === undefined ? {} : ({ [key]: value } as { [K in Key]?: Value });
}

function oneOf<const Known extends string>(value: string | undefined, known: readonly Known[]): Known | undefined {
  return known.find((candidate) => candidate === value);
}
