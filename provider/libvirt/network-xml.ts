import { type MacvtapMode, macvtapModes } from "../schema/facts.ts";
import { metadataNamespace } from "../schema/metadata-namespace.ts";
import { childAttribute, childOf, childrenOf, LibvirtXmlError, parseXml, type XmlElement } from "../xml/element.ts";
import { buildXml, type XmlNode } from "../xml/writer.ts";

interface CommonNetworkSpec {
  readonly name: string;
  /** Left out, libvirt makes one up; given, the network with it is changed. */
  readonly uuid?: string;
  /** Our mark. */
  readonly mark: string;
}

/** VMs that name this network become ports of the Linux bridge. */
export interface BridgeNetworkSpec extends CommonNetworkSpec {
  readonly kind: "bridge";
  readonly bridge: string;
}

/** VMs that name this network get macvtaps on the uplink. */
export interface DirectNetworkSpec extends CommonNetworkSpec {
  readonly kind: "direct";
  readonly uplink: string;
  readonly mode: MacvtapMode;
}

/** A libvirt network that hands VMs to a bridge of ours: https://libvirt.org/formatnetwork.html. */
export type NetworkSpec = BridgeNetworkSpec | DirectNetworkSpec;

/** What a defined network is, ours or not. */
export interface NetworkFacts {
  readonly name: string;
  readonly uuid: string;
  /** The mark that we left; null for a network of someone else's. */
  readonly mark: string | null;
  /** libvirt's word: bridge, vepa, private, passthrough, nat, route, …; null for an isolated network. */
  readonly forward: string | null;
  readonly bridge: string | null;
  /** The links that guests get macvtaps on. */
  readonly uplinks: readonly string[];
}

export function buildNetworkXml(spec: NetworkSpec): string {
  const owner = { "xmlns:kvmnet": metadataNamespace, mark: spec.mark };
  return buildXml({
    tag: "network",
    content: [
      { tag: "name", content: spec.name },
      spec.uuid === undefined ? undefined : { tag: "uuid", content: spec.uuid },
      { tag: "metadata", content: [{ tag: "kvmnet:owner", attributes: owner }] },
      ...forwarding(spec),
    ],
  });
}

function forwarding(spec: NetworkSpec): XmlNode[] {
  if (spec.kind === "bridge") {
    return [
      { tag: "forward", attributes: { mode: "bridge" } },
      { tag: "bridge", attributes: { name: spec.bridge } },
    ];
  }
  const uplink: XmlNode = { tag: "interface", attributes: { dev: spec.uplink } };
  return [{ tag: "forward", attributes: { mode: spec.mode }, content: [uplink] }];
}

/**
 * Read what `virsh net-dumpxml` prints.
 *
 * @throws LibvirtXmlError for text that is cut short or not a `<network>`.
 */
export function parseNetworkXml(xml: string): NetworkFacts {
  const network = parseXml(xml, "network");
  const forward = childOf(network, "forward");
  return {
    name: childOf(network, "name")?.text ?? "",
    uuid: childOf(network, "uuid")?.text.trim() ?? "",
    mark: markOf(network),
    forward: forward ? (forward.attributes.get("mode") ?? "nat") : null,
    bridge: childAttribute(network, "bridge", "name") ?? null,
    uplinks: childrenOf(forward, "interface").flatMap((each) => each.attributes.get("dev") ?? []),
  };
}

/** The network as one of those that we define. */
export function networkSpecOf(xml: string): NetworkSpec {
  const { name, uuid, mark, forward, bridge, uplinks } = parseNetworkXml(xml);
  const common = { name, mark: mark ?? "", ...(uuid === "" ? {} : { uuid }) };
  const mode = macvtapModes.find((known) => known === forward);
  const [uplink, second] = uplinks;
  if (forward === "bridge" && bridge !== null) return { kind: "bridge", bridge, ...common };
  if (mode !== undefined && uplink !== undefined && second === undefined) {
    return { kind: "direct", uplink, mode, ...common };
  }
  throw new LibvirtXmlError("network", xml, "it is of a kind that we do not define");
}

/** The prefix is whatever libvirt or someone made of it; the namespace is what counts. */
function markOf(network: XmlElement): string | null {
  for (const { name, attributes } of childOf(network, "metadata")?.children ?? []) {
    const [prefix, local] = name.includes(":") ? name.split(":") : [undefined, name];
    const namespace = attributes.get(prefix === undefined ? "xmlns" : `xmlns:${prefix}`);
    if (local === "owner" && namespace === metadataNamespace) return attributes.get("mark") ?? null;
  }
  return null;
}
