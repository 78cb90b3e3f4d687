import { z } from "zod";
import { bandwidthFactsSchema } from "./bandwidth.ts";
import { vlanFactsSchema, vlanProtocols } from "./vlan.ts";
import { vsiFactsSchema } from "./vsi.ts";

/**
 * What was observed on a host in one round trip. Facts are what `getHost()` returns, what a facts file holds, what
 * resources compare with, and what the planner decides on. `null` is "looked, not there"; a field that is left out was not
 * (or could not be) looked at: unknown, which is never taken for yes or no.
 */

/** The kernel's macvlan modes under libvirt's names (the kernel prints `passthru`). */
export const macvtapModes = ["bridge", "vepa", "private", "passthrough"] as const;

/** What the PF says of a VF's link: as its own, always up, always down (IFLA_VF_LINK_STATE_*). */
export const vfLinkStates = ["auto", "enable", "disable"] as const;

const virtualFunctionFacts = z.object({
  index: z.number().int(),
  pci: z.string(),
  /** What holds it: its own network driver, or `vfio-pci` for a guest; null for none. */
  driver: z.string().nullable(),
  /** The driver that alone may bind it; null where any may. */
  driverOverride: z.string().nullable().optional(),
  iommuGroup: z.number().int().nullable().optional(),
  /** What follows is the PF's to say of its VF; left out is what its driver does not tell. */
  mac: z.string().optional(),
  /** 0: none. */
  vlan: z.number().int().optional(),
  qos: z.number().int().optional(),
  vlanProtocol: z.enum(vlanProtocols).optional(),
  spoofCheck: z.boolean().optional(),
  trust: z.boolean().optional(),
  /** 0: no limit. */
  minTxRateMbps: z.number().int().optional(),
  maxTxRateMbps: z.number().int().optional(),
  linkState: z.enum(vfLinkStates).optional(),
});

const nicFacts = z.object({
  driver: z.string().nullable(),
  /** PCI address, `0000:01:00.0`; null for a NIC that is not on PCI. */
  pci: z.string().nullable(),
  /** Null when the driver does not say (or the link is down). */
  speedMbps: z.number().int().nullable(),
  sriov: z
    .object({
      totalVfs: z.number().int(),
      vfs: z.number().int(),
      /** The VFs that are made, by index. Left out where there are none, or nobody looked. */
      functions: z.array(virtualFunctionFacts).optional(),
    })
    .nullable(),
  iommuGroup: z.number().int().nullable(),
});

const bridgeFacts = z.object({
  stp: z.boolean(),
  /** Left out, like the two below it, while another bridge is the spanning tree's root: the kernel shows the root's then. */
  forwardDelaySeconds: z.number().optional(),
  helloTimeSeconds: z.number().optional(),
  maxAgeSeconds: z.number().optional(),
  priority: z.number().int(),
  /** Left out while the spanning tree changes: the kernel shows a shorter one then. */
  ageingSeconds: z.number().optional(),
  multicastSnooping: z.boolean(),
  vlanFiltering: z.boolean(),
  defaultPvid: z.number().int(),
  /** False: the kernel was built without VLAN filtering (CONFIG_BRIDGE_VLAN_FILTERING). */
  canFilterVlans: z.boolean().optional(),
});

const bridgePortFacts = z.object({
  hairpin: z.boolean(),
  isolated: z.boolean(),
  /** Of a bridge that filters VLANs: the PVID (0: none), and the other VLANs by how they leave the port, as lists with ranges. */
  vlans: z
    .object({
      pvid: z.number().int(),
      tagged: z.array(z.union([z.number().int(), z.string()])),
      untagged: z.array(z.union([z.number().int(), z.string()])),
    })
    .optional(),
});

export const linkFacts = z.object({
  name: z.string(),
  index: z.number().int(),
  alternativeNames: z.array(z.string()),
  mac: z.string(),
  permanentMac: z.string().nullable(),
  mtu: z.number().int(),
  minMtu: z.number().int().optional(),
  maxMtu: z.number().int().optional(),
  /** Its root qdisc, where that gives the NIC's queues to classes of traffic: the kernel drops them with another number of queues. */
  classes: z.enum(["mqprio", "taprio"]).optional(),
  /** Administratively up (IFF_UP). */
  up: z.boolean(),
  /** LOWER_UP. */
  carrier: z.boolean(),
  /** `bridge`, `macvtap`, `macvlan`, `veth`, `bond`, `vlan`, `tun`, …; null for a hardware NIC. */
  kind: z.string().nullable(),
  /** `ip link … alias`: where our mark stands. */
  alias: z.string().nullable(),
  /** The bridge or bond it is a port of. */
  master: z.string().nullable(),
  /** The link below (macvtap, macvlan, vlan); null when there is none in this namespace. */
  lower: z.string().nullable(),
  /** 802.1Q identifier of a VLAN link. */
  vlanId: z.number().int().nullable().optional(),
  vlanProtocol: z.string().optional(),
  allMulticast: z.boolean(),
  /** Host addresses with prefix length, IPv6 link-local ones included. */
  addresses: z.array(z.string()),
  /** /proc/sys/net/ipv6/conf/NAME/disable_ipv6; null where the kernel has no IPv6. */
  ipv6Disabled: z.boolean().nullable(),
  /** Is a wireless station: cannot be bridged. */
  wireless: z.boolean(),
  macvtapMode: z.enum(macvtapModes).nullable(),
  /** /dev/tapN of a macvtap with its device numbers, read from sysfs. */
  tap: z.object({ path: z.string(), major: z.number().int(), minor: z.number().int() }).nullable(),
  /** Of a bond: its mode (`active-backup`, `802.3ad`, …), and the member that it sends by where that is one. */
  bond: z.object({ mode: z.string(), activeMember: z.string().nullable() }).optional(),
  /** Of a member of a bond: whether the bond sends and hears by it now. */
  bondPort: z.object({ active: z.boolean() }).optional(),
  bridge: bridgeFacts.nullable(),
  bridgePort: bridgePortFacts.nullable(),
  /**
   * By which file networkd configures it, and udev named it, the UUID of its profile of NetworkManager's, and as which logical interface
   * ifupdown has brought it up; each left out where there is none, or nobody looked.
   */
  configuredBy: z
    .object({
      network: z.string().optional(),
      link: z.string().optional(),
      profile: z.string().optional(),
      logical: z.string().optional(),
    })
    .optional(),
  /** Not for virtual links other than veth-like stand-ins of a NIC: null there. */
  nic: nicFacts.nullable(),
});

const teamingFacts = z.union([
  z.object({ type: z.literal("persistent") }),
  z.object({ type: z.literal("transient"), persistent: z.string() }),
]);

/** An interface as a domain's XML has it, of those kinds that concern us. */
export const domainInterfaceFacts = z.object({
  mac: z.string(),
  /** libvirt's `type`: bridge, direct, hostdev, ethernet, network, … */
  type: z.string(),
  /** The bridge, the uplink (`direct`), the network, the PCI address (`hostdev`). */
  source: z.string().nullable(),
  /** libvirt's mode of a `direct` interface. */
  mode: z.enum(macvtapModes).nullable(),
  /** Device name chosen (live) or asked for: vnet0, macvtap1. */
  target: z.string().nullable(),
  /** `managed='no'` on the target: the link is not libvirt's to make or remove. */
  targetManaged: z.boolean(),
  /** The alias; ours begin with `ua-`. */
  alias: z.string().nullable(),
  model: z.string().nullable(),
  driver: z.string().nullable(),
  queues: z.number().int().nullable(),
  rxQueueSize: z.number().int().nullable(),
  txQueueSize: z.number().int().nullable(),
  mtu: z.number().int().nullable(),
  linkState: z.enum(["up", "down"]),
  isolated: z.boolean(),
  trustGuestRxFilters: z.boolean(),
  filter: z.string().nullable(),
  bootOrder: z.number().int().nullable(),
  /** Of `<teaming>`: the one that stays, or the alias of the one that the VF goes with. */
  teaming: teamingFacts.nullable().optional(),
  /** Of `<virtualport type='802.1Qbg'>`. */
  vsi: vsiFactsSchema.nullable().optional(),
  vlan: vlanFactsSchema.nullable().optional(),
  bandwidth: bandwidthFactsSchema.nullable().optional(),
  /** Where the guest finds it: the attributes of `<address>` as they are. An update without it moves the NIC to another slot. */
  address: z.record(z.string(), z.string()).nullable().optional(),
});

export const domainFacts = z.object({
  name: z.string(),
  uuid: z.string(),
  /** Has a running (or paused) QEMU. */
  running: z.boolean(),
  /** Has a persistent definition. */
  persistent: z.boolean(),
  /** Interfaces of the running machine; empty when it does not run. */
  live: z.array(domainInterfaceFacts),
  /** Interfaces of the persistent definition. */
  config: z.array(domainInterfaceFacts),
  /** PCI addresses of devices handed over as such (`<hostdev>`), in the machine or the definition. Left out where there are none. */
  hostDevices: z.array(z.string()).optional(),
});

const lldpNeighbour = z.object({
  chassis: z.string().nullable(),
  port: z.string().nullable(),
  systemName: z.string().nullable(),
  /** The switch's EVB TLV says that it can reflect. Advertised, not proven. Null: the daemon does not tell. */
  reflectiveRelayAdvertised: z.boolean().nullable(),
});

export const hostFactsSchema = z.object({
  version: z.literal(1),
  hostname: z.string(),
  kernel: z.string(),
  bootId: z.string(),
  links: z.array(linkFacts),
  routes: z.array(z.object({ destination: z.string(), device: z.string(), gateway: z.string().nullable() })),
  /** The local address that this SSH session came in on; null when unknown. */
  sessionAddress: z.string().nullable(),
  /** Null: no virsh on the host. `running` false: virsh is there, its daemon does not answer. */
  libvirt: z
    .object({ version: z.string().nullable(), running: z.boolean(), problem: z.string().nullable() })
    .nullable(),
  domains: z.array(domainFacts),
  /** By NIC name; a NIC that was looked at and heard nobody is null. */
  lldp: z.record(z.string(), lldpNeighbour.nullable()),
  /** lldpad runs: it alone speaks EVB and VDP. */
  lldpad: z.boolean().optional(),
  /** systemd is the host's first process: what is kept over a reboot is done again by its units. */
  systemd: z.boolean().optional(),
  /** Digests (SHA-256) of the files of ours that outlast a reboot, by path. Left out where there are none, or nobody may look. */
  kept: z.record(z.string(), z.string()).optional(),
  /** Files of ours that the last boot has put aside, since the host was not reached by them, and why. */
  takenBack: z.object({ why: z.string(), paths: z.array(z.string()) }).optional(),
  /** Those that run: NetworkManager, systemd-networkd, ifupdown, netplan, ovs. */
  networkManagers: z.array(z.string()),
  bridgeNetfilter: z.object({ callIptables: z.boolean(), forwardDrop: z.boolean().nullable() }),
  vhostNet: z.boolean(),
  /** The kernel has loaded vfio-pci: a device can be bound to it. */
  vfioPci: z.boolean().optional(),
  /** Version text by command (`ip`, `nft`); null: not installed. */
  tools: z.record(z.string(), z.string().nullable()),
  /** Our nft tables of the family netdev, with the lines of their chains. Left out on hosts without macvtaps of ours. */
  netdevTables: z.record(z.string(), z.record(z.string(), z.array(z.string()))).optional(),
});

export type HostFacts = z.infer<typeof hostFactsSchema>;
export type LinkFacts = z.infer<typeof linkFacts>;
export type VirtualFunctionFacts = z.infer<typeof virtualFunctionFacts>;
export type DomainFacts = z.infer<typeof domainFacts>;
export type DomainInterfaceFacts = z.infer<typeof domainInterfaceFacts>;
export type MacvtapMode = (typeof macvtapModes)[number];
