import { z } from "zod";
import { type LinkFacts, macvtapModes } from "../schema/facts.ts";
import { type Attributes, numberAttribute } from "./attributes.ts";
import { type IpLink, ipLinks } from "./ip-link.ts";
import { parseJson } from "./parse-json.ts";
import { parseNic } from "./parse-nic.ts";

/** Times are in hundredths of a second. */
const bridgeData = z.object({
  forward_delay: z.number(),
  hello_time: z.number(),
  max_age: z.number(),
  ageing_time: z.number(),
  root_id: z.string().optional(),
  bridge_id: z.string().optional(),
  topology_change: z.number().optional(),
  stp_state: z.number(),
  priority: z.number().int(),
  mcast_snooping: z.number().optional(),
  vlan_filtering: z.number().optional(),
  vlan_default_pvid: z.number().int().optional(),
});

const vlanData = z.object({ id: z.number().int(), protocol: z.string().optional() });

const bondData = z.object({ mode: z.string(), active_slave: z.string().optional() });

const macvtapMode = z.preprocess((mode) => (mode === "passthru" ? "passthrough" : mode), z.enum(macvtapModes));
const stacked = new Set(["macvtap", "macvlan", "vlan", "ipvlan", "ipvtap"]);

/** Every link of `ip -d -j addr`, with what the kernel tells only in files. `part` names the command in errors. */
export function parseLinks(host: string, part: string, json: string, attributes: Attributes): LinkFacts[] {
  return parseJson(host, part, ipLinks, json).flatMap((link) => (link === null ? [] : [toLinkFacts(link, attributes)]));
}

function toLinkFacts(link: IpLink, attributes: Attributes): LinkFacts {
  const files = `/sys/class/net/${link.ifname}`;
  const kind = link.linkinfo.info_kind ?? null;
  const ipv6Disabled = numberAttribute(attributes, `/proc/sys/net/ipv6/conf/${link.ifname}/disable_ipv6`);
  const mode = macvtapMode.safeParse(link.linkinfo.info_data.mode);
  return {
    name: link.ifname,
    index: link.ifindex,
    alternativeNames: link.altnames,
    mac: link.address ?? "",
    permanentMac: link.permaddr ?? permanentMac(link, attributes),
    mtu: link.mtu,
    ...(link.min_mtu === undefined ? {} : { minMtu: link.min_mtu }),
    // 0: the driver states no bound.
    ...(link.max_mtu ? { maxMtu: link.max_mtu } : {}),
    ...(link.qdisc === "mqprio" || link.qdisc === "taprio" ? { classes: link.qdisc } : {}),
    ...state(link, attributes),
    kind,
    alias: link.ifalias ?? null,
    master: link.master ?? null,
    lower: kind !== null && stacked.has(kind) ? (link.link ?? null) : null,
    ...vlanOf(link),
    addresses: link.addr_info.flatMap(({ local, prefixlen }) =>
      local === undefined || prefixlen === undefined ? [] : [`${local}/${prefixlen}`],
    ),
    ipv6Disabled: ipv6Disabled === null ? null : ipv6Disabled !== 0,
    wireless: attributes.has(`${files}/wireless`),
    macvtapMode: (kind === "macvtap" || kind === "macvlan") && mode.success ? mode.data : null,
    tap: kind === "macvtap" ? tapDevice(link, attributes) : null,
    ...bondOf(link),
    bridge: kind === "bridge" ? bridge(link) : null,
    bridgePort: bridgePort(link),
    ...configuredBy(link, attributes),
    nic: parseNic(link, attributes),
  };
}

/**
 * systemd-networkd, udev and NetworkManager keep their states of a link by its index, ifupdown by its name. One that has begun anew (NetworkManager 1.52) does not
 * tell of profiles for a while: a port has ours where there is one for it.
 */
function configuredBy({ ifindex, ifname, master }: IpLink, attributes: Attributes): Pick<LinkFacts, "configuredBy"> {
  const value = (path: string, key: string) => {
    const text = attributes.get(path);
    return text?.startsWith(key) ? text.slice(key.length) : undefined;
  };
  const ours = (root: string) =>
    value(`${root}/NetworkManager/system-connections/pulumi-kvm-network-${ifname}.nmconnection`, "uuid=");
  const found = {
    network: value(`/run/systemd/netif/links/${ifindex}`, "NETWORK_FILE="),
    link: value(`/run/udev/data/n${ifindex}`, "E:ID_NET_LINK_FILE="),
    profile:
      value(`/run/NetworkManager/devices/${ifindex}`, "connection-uuid=") ??
      (master === undefined ? undefined : (ours("/run") ?? ours("/etc"))),
    logical: value(`/run/network/ifstate.${ifname}`, ""),
  };
  const known = Object.entries(found).filter(([, each]) => each !== undefined);
  return known.length === 0 ? {} : { configuredBy: Object.fromEntries(known) };
}

function vlanOf({ linkinfo }: IpLink): Pick<LinkFacts, "vlanId" | "vlanProtocol"> {
  if (linkinfo.info_kind !== "vlan") return { vlanId: null };
  const { id = null, protocol } = vlanData.safeParse(linkinfo.info_data).data ?? {};
  return { vlanId: id, ...(protocol === undefined ? {} : { vlanProtocol: protocol }) };
}

/** The flags in the files are the later ones: a link's are read there after it was set up. */
function state(link: IpLink, attributes: Attributes): Pick<LinkFacts, "up" | "carrier" | "allMulticast"> {
  const files = `/sys/class/net/${link.ifname}`;
  const flags = attributes.get(`${files}/flags`);
  if (flags === undefined || !/^0x[0-9a-f]+$/.test(flags)) {
    const has = (flag: string) => link.flags.includes(flag);
    return { up: has("UP"), carrier: has("LOWER_UP"), allMulticast: has("ALLMULTI") };
  }
  // include/uapi/linux/if.h: IFF_UP 1, IFF_ALLMULTI 0x200. A link that is down refuses to tell its carrier.
  return {
    up: (Number(flags) & 1) !== 0,
    carrier: attributes.get(`${files}/carrier`) === "1",
    allMulticast: (Number(flags) & 0x200) !== 0,
  };
}

/** iproute2 prints the permanent address only where it differs; NET_ADDR_PERM (0) says that the address is it. */
function permanentMac(link: IpLink, attributes: Attributes): string | null {
  const isPermanent = numberAttribute(attributes, `/sys/class/net/${link.ifname}/addr_assign_type`) === 0;
  return isPermanent && link.linkinfo.info_kind === undefined && link.link_type === "ether"
    ? (link.address ?? null)
    : null;
}

/** The device is named after the link's index (drivers/net/tap.c), its numbers are wherever the kernel had room. */
function tapDevice(link: IpLink, attributes: Attributes): LinkFacts["tap"] {
  const numbers = attributes.get(`/sys/class/net/${link.ifname}/tap${link.ifindex}/dev`)?.match(/^(\d+):(\d+)$/);
  if (!numbers) return null;
  return { path: `/dev/tap${link.ifindex}`, major: Number(numbers[1]), minor: Number(numbers[2]) };
}

/** A member of an 802.3ad bond says ACTIVE whether or not its aggregator is the one that is used. */
function bondOf({ linkinfo }: IpLink): Pick<LinkFacts, "bond" | "bondPort"> {
  const { info_kind: kind, info_slave_kind: memberOf } = linkinfo;
  if (kind === "bond") {
    const parsed = bondData.safeParse(linkinfo.info_data);
    return parsed.success ? { bond: { mode: parsed.data.mode, activeMember: parsed.data.active_slave ?? null } } : {};
  }
  if (memberOf !== "bond") return {};
  const { state, mii_status: status } = linkinfo.info_slave_data;
  return { bondPort: { active: state === "ACTIVE" && status === "UP" } };
}

function bridge(link: IpLink): LinkFacts["bridge"] {
  const parsed = bridgeData.safeParse(link.linkinfo.info_data);
  if (!parsed.success) return null;
  const data = parsed.data;
  const stp = data.stp_state !== 0;
  // The kernel overwrites them while it runs a tree (net/bridge/br_stp.c: br_record_config_timeout_values,
  // __br_set_topology_change); what was set comes back when it is over.
  const ownTimers = !stp || data.root_id === data.bridge_id;
  const ownAgeing = !stp || data.topology_change !== 1;
  return {
    stp,
    ...(ownTimers && {
      forwardDelaySeconds: data.forward_delay / 100,
      helloTimeSeconds: data.hello_time / 100,
      maxAgeSeconds: data.max_age / 100,
    }),
    priority: data.priority,
    ...(ownAgeing && { ageingSeconds: data.ageing_time / 100 }),
    // Both are absent where the kernel was built without them.
    multicastSnooping: data.mcast_snooping === 1,
    vlanFiltering: data.vlan_filtering === 1,
    defaultPvid: data.vlan_default_pvid ?? 0,
    // What the kernel always tells is that it does not filter; of the rest only one that can (net/bridge/br_netlink.c).
    canFilterVlans: data.vlan_default_pvid !== undefined,
  };
}

function bridgePort(link: IpLink): LinkFacts["bridgePort"] {
  if (link.linkinfo.info_slave_kind !== "bridge") return null;
  const { hairpin, isolated } = link.linkinfo.info_slave_data;
  return { hairpin: hairpin === true, isolated: isolated === true };
}
