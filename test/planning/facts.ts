import type { HostFacts, LinkFacts } from "../../provider/schema/facts.ts";

/** A link as facts have it: a hardware NIC that is up and free, unless told otherwise. */
export const link = (name: string, different: Partial<LinkFacts> = {}): LinkFacts => ({
  name,
  index: 2,
  alternativeNames: [],
  mac: "52:54:00:00:00:01",
  permanentMac: null,
  mtu: 1500,
  minMtu: 68,
  maxMtu: 9000,
  up: true,
  carrier: true,
  kind: null,
  alias: null,
  master: null,
  lower: null,
  allMulticast: false,
  addresses: [],
  ipv6Disabled: false,
  wireless: false,
  macvtapMode: null,
  tap: null,
  bridge: null,
  bridgePort: null,
  nic: { driver: "igb", pci: "0000:3b:00.0", speedMbps: 1000, sriov: null, iommuGroup: null },
  ...different,
});

export const bridgeLink = (name: string): LinkFacts => link(name, { kind: "bridge", nic: null });

/** Facts of a host with these links, and libvirt of a version. */
export const facts = (links: readonly LinkFacts[], libvirt = "9.0.0"): HostFacts => ({
  version: 1,
  hostname: "hv1",
  kernel: "6.18.0",
  bootId: "00000000-0000-0000-0000-000000000000",
  links: [...links],
  routes: [],
  sessionAddress: null,
  libvirt: { version: libvirt, running: true, problem: null },
  domains: [],
  lldp: {},
  networkManagers: [],
  bridgeNetfilter: { callIptables: false, forwardDrop: null },
  vhostNet: true,
  tools: {},
});
