import { createHash } from "node:crypto";
import test from "ava";
import { explain, type PlanRequest, plan, refusal } from "../../provider/planning/index.ts";
import { capabilities } from "../../provider/schema/capability.ts";
import type { DomainFacts, HostFacts, LinkFacts } from "../../provider/schema/facts.ts";
import { type InterfaceFeature, interfaceFeatures } from "../../provider/schema/libvirt-features.ts";
import { bridgingModes } from "../../provider/schema/mode.ts";
import type { HostBridgeRef, UplinkRef } from "../../provider/schema/ref.ts";
import { asked } from "./asked.ts";
import { bridgeLink, facts, link } from "./facts.ts";
import { isAsKept } from "./golden.ts";

/* What a person is told of each request, on hosts of each kind, word by word: every candidate, taken or refused, and why. */

const uplink: UplinkRef = { kind: "Uplink", host: "hv1", nic: "eth1", reflectiveRelay: "unknown" };
const ethernet: HostBridgeRef = { kind: "HostBridge", host: "hv1", type: "ethernet", uplink, mode: "all" };
const hypervisor: HostBridgeRef = { ...ethernet, type: "hypervisor", device: "br-lan" };
const existing: HostBridgeRef = { kind: "HostBridge", host: "hv1", type: "existing", device: "br0", mode: "all" };
const embedded: HostBridgeRef = { ...ethernet, type: "embedded" };
const of = (ref: HostBridgeRef, different: Partial<UplinkRef>): HostBridgeRef => ({
  ...ref,
  uplink: { ...uplink, ...different },
});
const vlans = { defaultPvid: 1, uplinkPvid: 1, uplinkTagged: ["2-99"] };

const bridges: Readonly<Record<string, HostBridgeRef>> = { ethernet, hypervisor, existing, embedded };

const functions = [0, 1].map((index) => ({
  index,
  pci: `0000:3b:10.${index}`,
  driver: "igbvf",
  iommuGroup: 20 + index,
}));
const withVfs = (different: Partial<LinkFacts["nic"] & object> = {}): LinkFacts =>
  link("eth1", {
    nic: {
      driver: "igb",
      pci: "0000:3b:00.0",
      speedMbps: 1000,
      sriov: { totalVfs: 7, vfs: 2, functions },
      iommuGroup: 1,
      ...different,
    },
  });
const domain = (name: string, running: boolean, source: string): DomainFacts => {
  const nic: DomainFacts["config"][number] = {
    mac: "52:54:00:00:00:09",
    type: "hostdev",
    source,
    mode: null,
    target: null,
    targetManaged: true,
    alias: "ua-other",
    model: null,
    driver: null,
    queues: null,
    rxQueueSize: null,
    txQueueSize: null,
    mtu: null,
    linkState: "up",
    isolated: false,
    trustGuestRxFilters: false,
    filter: null,
    bootOrder: null,
  };
  return { name, uuid: `uuid-${name}`, running, persistent: true, live: running ? [nic] : [], config: [nic] };
};

const macvtap = (name: string, mode: LinkFacts["macvtapMode"]): LinkFacts =>
  link(name, { kind: "macvtap", lower: "eth1", macvtapMode: mode, alias: "pulumi-kvm-network:acme", nic: null });

const hosts: Readonly<Record<string, HostFacts | undefined>> = {
  unseen: undefined,
  plain: facts([link("eth1"), bridgeLink("br0")]),
  old: { ...facts([link("eth1"), bridgeLink("br0")], "0.9.0"), tools: { ip: "4.9.0", nft: null }, vhostNet: false },
  new: { ...facts([withVfs(), bridgeLink("br0")], "11.4.0"), tools: { ip: "6.15.0", nft: "1.0.6" }, lldpad: true },
  empty: facts([]),
  "in a bridge": facts([link("eth1", { master: "br0" }), bridgeLink("br0")]),
  "in a bond": facts([link("eth1", { master: "bond0" }), link("bond0", { kind: "bond" }), bridgeLink("br0")]),
  "in Open vSwitch": facts([link("eth1", { master: "ovs-system" }), link("br0", { kind: "openvswitch" })]),
  "with macvtaps": facts([link("eth1"), macvtap("m1", "bridge"), macvtap("m2", "vepa"), bridgeLink("br0")]),
  "with passthrough": facts([link("eth1"), macvtap("m1", "passthrough"), bridgeLink("br0")]),
  "with addresses": facts([link("eth1", { addresses: ["198.18.0.9/24", "fe80::1/64"] }), bridgeLink("br0")]),
  "with the session": {
    ...facts([link("eth1", { addresses: ["198.18.0.9/24"] }), bridgeLink("br0")]),
    sessionAddress: "198.18.0.9",
  },
  wireless: facts([link("eth1", { wireless: true }), bridgeLink("br0")]),
  "with Docker": {
    ...facts([link("eth1"), bridgeLink("br0")]),
    bridgeNetfilter: { callIptables: true, forwardDrop: true },
  },
  "without VFs": facts([withVfs({ sriov: { totalVfs: 7, vfs: 0 } }), bridgeLink("br0")]),
  "without an IOMMU": facts([
    withVfs({ sriov: { totalVfs: 7, vfs: 2, functions: functions.map((vf) => ({ ...vf, iommuGroup: null })) } }),
    bridgeLink("br0"),
  ]),
  "VFs held": {
    ...facts([withVfs(), bridgeLink("br0")]),
    domains: [domain("web-1", true, "0000:3b:10.0"), domain("off-1", false, "0000:3b:10.1")],
  },
  "VFs at programs": facts([
    withVfs({ sriov: { totalVfs: 7, vfs: 2, functions: functions.map((vf) => ({ ...vf, driver: "vfio-pci" })) } }),
  ]),
  "VFs as links": facts([
    withVfs(),
    link("eth1v0", {
      nic: { driver: "igbvf", pci: "0000:3b:10.0", speedMbps: null, sriov: null, iommuGroup: 20 },
      master: "br0",
    }),
    link("eth1v1", {
      nic: { driver: "igbvf", pci: "0000:3b:10.1", speedMbps: null, sriov: null, iommuGroup: 21 },
      addresses: ["198.18.0.77/24"],
    }),
    bridgeLink("br0"),
  ]),
  "a VLAN link": facts([
    link("eth1", { kind: "vlan", lower: "eth0", vlanId: 100, vlanProtocol: "802.1Q" }),
    link("eth0"),
    bridgeLink("br0"),
  ]),
};

const features = Object.keys(interfaceFeatures) as InterfaceFeature[];

const requests: Readonly<Record<string, PlanRequest>> = Object.fromEntries([
  ...Object.entries(bridges).flatMap(([name, bridge]) => [
    [name, asked(bridge)],
    ...bridgingModes.map((mode) => [`${name}, ${mode}`, asked(bridge, { mode })]),
    [`${name}, large frames`, asked(bridge, { mtu: 9000 })],
    [`${name}, VLAN 7`, asked(bridge, { vlan: 7 })],
    [`${name}, a trunk`, asked(bridge, { vlan: { native: 1, tagged: [7, "20-29"] } })],
    [`${name}, trusted`, asked(bridge, { mode: "pepa", options: ["trustGuestRxFilters"] })],
    [`${name}, without groups`, asked(bridge, { needs: ["multicast"], allMulticast: false })],
    [`${name}, VF 1`, asked(bridge, { vf: { index: 1, alias: "ua-mine" } })],
  ]),
  ["reflecting", asked(of(hypervisor, { reflectiveRelay: "active" }))],
  ["reflection asked for", asked(of(hypervisor, { relayRequested: true }))],
  ["no reflection", asked(of(ethernet, { reflectiveRelay: "absent" }), { needs: ["vm-to-vm"], mode: "vepa" })],
  ["a switch in vepa mode", asked(of(embedded, { embeddedSwitch: "vepa" }), { mode: "veb" })],
  ["a filtering bridge, VLAN 7", asked({ ...hypervisor, vlans }, { vlan: 7 })],
  ["a filtering bridge, VLAN 300", asked({ ...hypervisor, vlans }, { vlan: 300 })],
  ["a filtering bridge, a trunk", asked({ ...hypervisor, vlans }, { vlan: { tagged: [7, 300] } })],
  ["a filtering bridge, no VLAN", asked({ ...hypervisor, vlans: { ...vlans, defaultPvid: 0 } })],
  ["a list without it", asked({ ...ethernet, mode: ["vepa"] }, { mode: "veb" })],
  ["a small bridge", asked({ ...hypervisor, mtu: 1400 }, { mtu: 1500 })],
  ["kept", asked(ethernet, { current: "macvtap-vepa" })],
]);

/** Sentences stand in a text once, each by a few digits of its own. */
const digits = (sentence: string): string => createHash("sha256").update(sentence).digest("hex").slice(0, 5);

const text = (of: Readonly<Record<string, PlanRequest>>, on: readonly string[]): string => {
  const sentences = new Set<string>();
  const short = (lines: readonly string[]): string =>
    lines
      .map((line) => {
        const said = line.split("; and ");
        for (const sentence of said) sentences.add(sentence);
        return said.map(digits).join("+");
      })
      .join(" ");
  const told = (request: PlanRequest, host: HostFacts | undefined): string => {
    const decided = plan(request, host);
    if (decided.realization !== undefined) {
      const { kind, source, because } = decided.realization;
      return `${kind} on ${source} (${because.join(", ")}): ${short(explain(decided))}`;
    }
    const { property, reason } = refusal(decided);
    return `refused, ${property}: ${short(explain(decided))} -> ${short(reason.split("\n"))}`;
  };
  const decisions = on.flatMap((host) =>
    Object.entries(of).map(([name, request]) => `${name} | ${host} | ${told(request, hosts[host])}`),
  );
  const legend = [...sentences].sort().map((sentence) => `${digits(sentence)} ${sentence}`);
  return [...decisions, "", ...legend, ""].join("\n");
};

test("each request is told of as it was, on hosts that have what it takes or do not", (t) => {
  isAsKept(t, "explained", text(requests, ["unseen", "plain", "new"]));
});

test("what a host has against a request is told of as it was", (t) => {
  const plain = Object.fromEntries(
    Object.entries(requests).filter(([name]) => name in bridges || name.endsWith(", VF 1")),
  );
  const others = Object.keys(hosts).filter((name) => !["unseen", "plain", "new"].includes(name));
  isAsKept(
    t,
    "explained-by-host",
    text({ ...plain, passthrough: asked(ethernet, { needs: ["multiple-macs"] }) }, others),
  );
});

test("what is needed, and what libvirt is asked for beyond it, is told of as it was", (t) => {
  const needed = Object.entries(bridges).flatMap(([name, bridge]) => [
    ...capabilities.map((need) => [`${name}, ${need}`, asked(bridge, { needs: [need] })] as const),
    ...features.map((option) => [`${name}, ${option}`, asked(bridge, { options: [option] })] as const),
  ]);
  isAsKept(t, "explained-needs", text(Object.fromEntries(needed), ["plain", "old"]));
});
