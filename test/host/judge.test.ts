import test from "ava";
import fc from "fast-check";
import type { Request } from "../../provider/host/host.ts";
import { attachInterface } from "../../provider/libvirt/attach-interface.ts";
import { detachInterface } from "../../provider/libvirt/detach-interface.ts";
import { lookAtNetwork, redefineNetwork, removeNetwork } from "../../provider/libvirt/network-steps.ts";
import { updateInterface } from "../../provider/libvirt/update-interface.ts";
import { asking, lookAtEvb, setEvb } from "../../provider/links/evb.ts";
import { changeHairpin } from "../../provider/links/hairpin-ports.ts";
import { showHostAddresses } from "../../provider/links/host-addresses.ts";
import { bridgeBehindPort, createBridge, portAtBoot, removeBridge } from "../../provider/links/linux-bridge.ts";
import { changeMacvtap, createMacvtap, guardMacvtap, undoMacvtap } from "../../provider/links/macvtap.ts";
import { lookForNeighbour, showNeighbour } from "../../provider/links/neighbour.ts";
import { changeNic, nicAtBoot } from "../../provider/links/nic.ts";
import { lookAtNicMode, nicModes } from "../../provider/links/nic-modes.ts";
import { addPepaFilter, removePepaFilter } from "../../provider/links/pepa-filter.ts";
import { changePortVlans } from "../../provider/links/port-vlans.ts";
import { relayProbe } from "../../provider/links/relay-probe.ts";
import { giveToGuests, giveToGuestsAtBoot, giveToHost } from "../../provider/links/vf-driver.ts";
import { changeVf } from "../../provider/links/virtual-function.ts";
import { createVlanLink, removeVlanLink } from "../../provider/links/vlan-link.ts";
import { interfacesPaths } from "../../provider/persistence/ifupdown.ts";
import { profilePaths } from "../../provider/persistence/network-manager-bridge.ts";
import { hostBridgeFiles } from "../../provider/persistence/networkd.ts";
import { macvtapModes } from "../../provider/schema/facts.ts";
import { interfaceSpec } from "../libvirt/interface-spec-arbitrary.ts";
import { link } from "../planning/facts.ts";
import { mark, nic, nonce, wanted } from "./judged.ts";
import { refusals, shells } from "./judging.ts";

const vlanned = { ...wanted, port: { vlan: { pvid: 10, tagged: [11, "20-30" as const] } } };
const macvtap = { name: "ep0", lower: "eth1.100", mode: "private", mac: nic.mac, alias: mark, mtu: 1400 } as const;
const endpoint = { uplink: "eth1.100", name: "ep0", mac: nic.mac, mark };
const vf = { pci: "0000:3b:10.2", driver: "iavf", driverOverride: null };
const bridgePort = { hairpin: false, isolated: false };

const links: Readonly<Record<string, Request["steps"]>> = {
  "a Linux bridge": createBridge(wanted, nic),
  "a Linux bridge that filters VLANs": createBridge(vlanned, nic),
  "a bridge's port at boot": portAtBoot(vlanned, "eth1"),
  "a bridge that its port has made": bridgeBehindPort(vlanned, "eth1"),
  "stanzas of /run that go": interfacesPaths("br-lan").map((path) => ({ verb: "forget", path })),
  "a bridge that goes": removeBridge(wanted, { ...nic, master: "br-lan" }, { ipv6Disabled: false }),
  "VLANs of a port": changePortVlans("eth1", { pvid: 0, tagged: ["1-4094"] }, undefined),
  "ports that reflect": changeHairpin([link("tap0", { master: "br-lan", bridgePort })], ["tap0"], []),
  "a macvtap": createMacvtap({ ...macvtap, up: true, allMulticast: true }),
  "a macvtap that differs": changeMacvtap(link("ep0", { macvtapMode: "vepa", ipv6Disabled: false }), {
    ...macvtap,
    up: true,
    allMulticast: true,
    alias: 'with "quotes" and more',
  }),
  "a macvtap of libvirt's": guardMacvtap({ name: "ep0", allMulticast: false }),
  "a macvtap that is undone": undoMacvtap(macvtap),
  "a VLAN link": createVlanLink({ name: "eth1.100", alias: mark, uplink: "eth1", id: 100, mtu: 1400 }),
  "a VLAN link that goes": removeVlanLink({ name: "eth1.100", alias: mark }),
  "a NIC": changeNic(nic, { mtu: 9000, up: true }),
  "a NIC at boot": nicAtBoot(
    { name: "eth1", pci: "0000:3b:00.0" },
    { mtu: 9000, up: true, numVfs: 4, embeddedSwitch: "vepa", eswitchMode: "legacy", sourcePruning: false },
  ),
  "a NIC's modes": nicModes.map((mode) => lookAtNicMode({ name: "eth1", pci: "0000:3b:00.0" }, mode)),
  "a VF": changeVf(
    "eth1",
    3,
    {},
    {
      mac: nic.mac,
      vlan: 100,
      qos: 3,
      vlanProtocol: "802.1ad",
      spoofCheck: false,
      trust: true,
      minTxRateMbps: 10,
      maxTxRateMbps: 100,
      linkState: "enable",
    },
  ).map(({ step }) => step),
  "a VF for guests, and back": [...giveToGuests(vf), ...giveToGuestsAtBoot(vf.pci, "iavf"), ...giveToHost(vf, "iavf")],
  "a pepa filter": [addPepaFilter(endpoint), ...removePepaFilter(endpoint)],
  "lldpad's settings": [
    ...lookAtEvb("eth1"),
    ...setEvb("eth1", { adminStatus: "disabled", evbmode: "bridge", evbrrreq: "no", enableTx: "no" }, asking),
  ],
  "a probe of the switch": relayProbe("eth1"),
  "a look at the host's addresses": showHostAddresses("eth1"),
  "a look at who gives the host its addresses": [{ verb: "facts", link: "eth1", of: "network" }],
  "profiles of /run that go": profilePaths("br-lan", "eth1").map((path) => ({ verb: "forget", path })),
  "network managers told of their files": [
    { verb: "reload", manager: "NetworkManager" },
    { verb: "reload", manager: "systemd-networkd", link: "br-lan" },
    { verb: "reload", manager: "systemd-networkd" },
  ],
  "files of /run that go": hostBridgeFiles("br-lan", "eth1").netdevs.map((path) => ({ verb: "forget", path })),
  "what was there before": [
    {
      verb: "remember",
      key: nonce,
      text: '{"original":{"mtu":1500,"up":true,"evb":{"evbmode":"a (new) one"}},"pciAddress":"0000:3b:10.2"}',
    },
    { verb: "recall", key: nonce },
    { verb: "remember", key: nonce },
  ],
  "what the next boot is to prove": [
    { verb: "guard", seconds: 60, links: ["eth1", "br-lan"], made: ["br-lan"] },
    { verb: "guard", seconds: 600, links: ["eth1"], made: [] },
  ],
  "a gateway": [showNeighbour("fe80::1", "br-lan"), ...lookForNeighbour("192.0.2.1", "br-lan")],
  "what is larger than a packet": [{ verb: "read", path: "/run/pulumi-kvm-network/txn/script" }],
  "a transaction": [
    {
      verb: "transaction",
      act: "begin",
      nonce,
      seconds: 60,
      owner: mark,
      links: ["eth1"],
      made: ["br-lan"],
      request: "request 1\nend\n",
    },
    ...(["proceed", "outcome", "commit", "revert", "close"] as const).map(
      (act) => ({ verb: "transaction", act, nonce }) as const,
    ),
  ],
};

for (const sh of shells) {
  test(`${sh}: what the provider asks of links is let through`, (t) => {
    const said = refusals(sh, Object.values(links));
    for (const [index, name] of Object.keys(links).entries()) t.is(said[index], undefined, name);
  });

  test(`${sh}: every interface that the provider gives, changes or takes is let through`, (t) => {
    const specs = fc.sample(interfaceSpec, 150);
    const there = { type: "direct", mac: nic.mac, alias: "ua-kvmnet-1", address: { type: "pci", bus: "0x01" } };
    const found = { whose: "ours", interface: there } as never;
    const domain = "a <domain> with\nodd 'letters'";
    const requests = specs.flatMap((spec) => [
      attachInterface(domain, spec, { live: true, config: true }),
      updateInterface(domain, spec, { live: found, config: found }),
      detachInterface(domain, { live: found, config: found }),
    ]);
    for (const [index, said] of refusals(sh, requests).entries()) {
      t.is(said, undefined, JSON.stringify(requests[index]));
    }
  });

  test(`${sh}: every network that the provider defines is let through`, (t) => {
    const common = { name: "lan_1.x-y", mark, uuid: "5e1a8e1c-5c8a-8d5e-9a90-0e1a1f9f0001" };
    const requests = [
      redefineNetwork({ kind: "bridge", bridge: "br-lan", ...common }),
      ...macvtapModes.map((mode) => redefineNetwork({ kind: "direct", uplink: "eth1.100", mode, ...common })),
      lookAtNetwork(common.name),
      removeNetwork(common.uuid),
    ];
    t.deepEqual(
      refusals(sh, requests),
      requests.map(() => undefined),
    );
  });
}
