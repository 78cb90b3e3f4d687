import fc from "fast-check";
import { capabilities, driverCapabilities } from "../../provider/schema/capability.ts";
import { type HostFacts, vfLinkStates } from "../../provider/schema/facts.ts";
import { bridgingModes, embeddedSwitchModes, eswitchModes, reflectiveRelayStates } from "../../provider/schema/mode.ts";
import { vlanProtocols } from "../../provider/schema/vlan.ts";
import { bridgeLink, facts, link } from "../planning/facts.ts";

/* Inputs of each kind as a program might give them: many are accepted, and many contradict themselves or the host. */

const host = "hv1";

/** Names that a kernel takes, some of which JavaScript's objects have too. */
export const linkName = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom("eth1", "eth2", "eth2", "br0") },
  { weight: 1, arbitrary: fc.constantFrom("constructor", "__proto__", "toString", "0", "a.b", "_", "..x", "nope") },
  { weight: 1, arbitrary: fc.stringMatching(/^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,14}$/) },
);

export const mac = fc
  .array(fc.integer({ min: 0, max: 255 }), { minLength: 5, maxLength: 5 })
  .map((octets) => ["52", ...octets.map((octet) => octet.toString(16).padStart(2, "0"))].join(":"));
const mtu = fc.integer({ min: 68, max: 9000 });
const vlanId = fc.integer({ min: 1, max: 4094 });
const vlanList = fc.array(fc.oneof(vlanId, fc.constantFrom("100-199", "1-4094", "7-7")), { maxLength: 4 });
const vlan = fc.oneof(vlanId, record({ tagged: vlanList }, { native: vlanId }));
const rate = fc.integer({ min: 1, max: 1_000_000 }).map((units) => units / 125);
const limit = record({ averageMbps: rate }, { peakMbps: rate, burstKiB: fc.integer({ min: 1, max: 4096 }) });
const vsi = record(
  { managerId: fc.nat(255), typeId: fc.nat(0xffffff), typeIdVersion: fc.nat(255) },
  { instanceId: fc.uuid() },
);
const needs = fc.array(fc.constantFrom(...capabilities), { maxLength: 2 });
const manager = fc.constantFrom("systemd-networkd", "NetworkManager", "ifupdown", "none");

/** A record with a few of the optional keys: all at once contradict each other. */
function record(required: Record<string, fc.Arbitrary<unknown>>, optional: Record<string, fc.Arbitrary<unknown>>) {
  const names = Object.keys(optional);
  const chosen = fc.subarray(names, { maxLength: Math.min(3, names.length) });
  return fc.tuple(fc.record(required), fc.record(optional), chosen).map(
    ([always, sometimes, keys]): Record<string, unknown> => ({
      ...always,
      ...Object.fromEntries(Object.entries(sometimes).filter(([key]) => keys.includes(key))),
    }),
  );
}

const uplinkRef = record(
  {
    kind: fc.constant("Uplink"),
    host: fc.constant(host),
    nic: linkName,
    reflectiveRelay: fc.constantFrom(...reflectiveRelayStates),
  },
  {
    mtu,
    numVfs: fc.nat(7),
    embeddedSwitch: fc.constantFrom(...embeddedSwitchModes),
    vfCapabilities: fc.array(fc.constantFrom(...driverCapabilities), { maxLength: 2 }),
    networkManager: manager,
    relayRequested: fc.constant(true),
  },
);
const modes = fc.oneof(fc.constant("all"), fc.array(fc.constantFrom(...bridgingModes), { minLength: 1, maxLength: 2 }));
const ofBridge = { kind: fc.constant("HostBridge"), host: fc.constant(host), mode: modes };
const bridgeRef = fc.oneof(
  record({ ...ofBridge, type: fc.constantFrom("ethernet", "embedded"), uplink: uplinkRef }, { needs }),
  record(
    { ...ofBridge, type: fc.constantFrom("hypervisor"), uplink: uplinkRef, device: linkName },
    {
      mtu,
      vlans: fc.record({ defaultPvid: fc.nat(10), uplinkPvid: fc.nat(10), uplinkTagged: fc.constant(["2-4094"]) }),
    },
  ),
  record({ ...ofBridge, type: fc.constant("existing"), device: linkName }, { needs }),
);
const endpointRef = record(
  {
    kind: fc.constant("MacvtapEndpoint"),
    host: fc.constant(host),
    uplink: uplinkRef,
    device: linkName,
    mode: fc.constantFrom("bridge", "vepa"),
    mac,
  },
  {},
);
const vfRef = record(
  { kind: fc.constant("SriovVirtualFunction"), host: fc.constant(host), uplink: uplinkRef, vfIndex: fc.nat(7) },
  { mac, vlan: vlanId, qos: fc.nat(7), vlanProtocol: fc.constantFrom(...vlanProtocols), trust: fc.boolean() },
);

const persist = fc.boolean();

const uplink = record(
  {
    nic: fc.oneof(
      linkName,
      mac.map((of) => ({ mac: of })),
      fc.constantFrom({ pci: "0000:3b:00.0" }, { driver: "igb" }),
    ),
  },
  {
    mtu,
    numVfs: fc.nat(7),
    networkManager: manager,
    embeddedSwitch: fc.constantFrom(...embeddedSwitchModes),
    eswitchMode: fc.constantFrom(...eswitchModes),
    sourcePruning: fc.boolean(),
    up: fc.boolean(),
    reflectiveRelay: fc.constantFrom("probe", "request", ["probe", "request"]),
    assume: record(
      {},
      {
        reflectiveRelay: fc.constantFrom(...reflectiveRelayStates),
        embeddedSwitch: fc.constantFrom(...embeddedSwitchModes),
        vfCapabilities: fc.array(fc.constantFrom(...driverCapabilities), { maxLength: 2 }),
      },
    ),
    persist,
  },
);

const linuxBridge = {
  name: fc.stringMatching(/^br-[a-z0-9]{1,12}$/),
  stp: fc.boolean(),
  forwardDelaySeconds: fc.nat(30),
  ageingSeconds: fc.nat(1000),
  priority: fc.nat(65535),
  mtu,
  mac,
  vlanFiltering: fc.boolean(),
  defaultPvid: fc.nat(4094),
  uplinkPort: record({}, { hairpin: fc.boolean(), vlan: record({}, { pvid: fc.nat(4094), tagged: vlanList }) }),
  hairpinPorts: fc.array(linkName, { maxLength: 2 }),
  persist,
};
const network = fc.stringMatching(/^[A-Za-z0-9_.-]{1,50}$/);
const hostBridge = fc.oneof(
  record({ uplink: uplinkRef }, { type: fc.constant("hypervisor"), network, needs, ...linuxBridge }),
  record({ uplink: uplinkRef, type: fc.constantFrom("ethernet", "embedded") }, { mode: modes, network, needs }),
  record({ type: fc.constant("existing"), bridge: linkName }, { mode: modes, network, needs }),
);

const macvtapEndpoint = record(
  { uplink: uplinkRef, mode: fc.constantFrom("bridge", "vepa", "private") },
  {
    name: fc.stringMatching(/^m[a-z0-9]{1,14}$/),
    mac,
    mtu,
    up: fc.boolean(),
    allMulticast: fc.boolean(),
    qemuFd: fc.integer({ min: 3, max: 255 }),
    adopt: fc.boolean(),
    persist,
  },
);

const sriovVirtualFunction = record(
  { uplink: uplinkRef },
  {
    index: fc.nat(7),
    mac,
    vlan: vlanId,
    qos: fc.nat(7),
    vlanProtocol: fc.constantFrom(...vlanProtocols),
    spoofCheck: fc.boolean(),
    trust: fc.boolean(),
    minTxRateMbps: fc.integer({ min: 1, max: 1000 }),
    maxTxRateMbps: fc.integer({ min: 1, max: 1000 }),
    linkState: fc.constantFrom(...vfLinkStates),
    driver: fc.constantFrom("host", "vfio-pci"),
    persist,
  },
);

const ofInterface = {
  domain: fc.oneof(
    fc.constantFrom("web-1", "7", "-x", "a b", "ü", "$(id)"),
    fc.string({ minLength: 1, maxLength: 20 }),
  ),
  mode: fc.constantFrom(...bridgingModes),
  needs,
  mac,
  model: fc.constantFrom("virtio", "virtio", "e1000", "e1000e", "rtl8139"),
  driver: fc.constantFrom("vhost", "qemu"),
  queues: fc.integer({ min: 1, max: 256 }),
  rxQueueSize: fc.constantFrom(256, 512, 1024),
  txQueueSize: fc.constantFrom(256, 512, 1024),
  mtu,
  linkState: fc.constantFrom("up", "down"),
  isolated: fc.boolean(),
  trustGuestRxFilters: fc.boolean(),
  filter: fc.stringMatching(/^[A-Za-z0-9_.-]{1,64}$/),
  vsi,
  vlan,
  bandwidth: record({}, { inbound: limit, outbound: limit }),
  bootOrder: fc.integer({ min: 1, max: 99 }),
  allMulticast: fc.boolean(),
  persist,
};
const vmInterface = fc
  .tuple(
    fc.oneof(
      { weight: 4, arbitrary: bridgeRef.map((bridge) => ({ bridge })) },
      { weight: 1, arbitrary: endpointRef.map((endpoint) => ({ endpoint })) },
      { weight: 1, arbitrary: vfRef.map((vf) => ({ vf })) },
    ),
    record({}, ofInterface),
  )
  .map(([on, more]): Record<string, unknown> => ({ ...on, ...more }));

export const plausible = {
  Uplink: uplink,
  HostBridge: hostBridge,
  MacvtapEndpoint: macvtapEndpoint,
  SriovVirtualFunction: sriovVirtualFunction,
  VmInterface: vmInterface,
};

const functions = Array.from({ length: 4 }, (_, index) => ({ index, pci: `0000:3b:10.${index}`, driver: "igbvf" }));
const capable = {
  driver: "igb",
  pci: "0000:3b:00.0",
  speedMbps: 1000,
  sriov: { totalVfs: 7, vfs: 4, functions },
  iommuGroup: 1,
};

/** A host that has what the inputs name. */
export const hostFacts: fc.Arbitrary<HostFacts> = fc.constantFrom("9.0.0", "11.4.0").map((libvirt) => ({
  ...facts(
    [
      link("eth1"),
      link("eth2", { mac: "52:54:00:00:00:02", nic: capable }),
      link("constructor", { mac: "52:54:00:00:00:03" }),
      bridgeLink("br0"),
    ],
    libvirt,
  ),
  domains: [
    {
      name: "web-1",
      uuid: "49ab1bea-d0ae-4123-898c-7e81a3a461fb",
      running: true,
      persistent: true,
      live: [],
      config: [],
    },
  ],
  systemd: true,
  tools: { ip: "6.1.0", nft: "1.0.6" },
}));
