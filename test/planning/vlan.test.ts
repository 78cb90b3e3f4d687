import test from "ava";
import { plan, vlanLinkName } from "../../provider/planning/index.ts";
import type { LinkFacts } from "../../provider/schema/facts.ts";
import type { HostBridgeRef, UplinkRef } from "../../provider/schema/ref.ts";
import { asked } from "./asked.ts";
import { bridgeLink, facts, link } from "./facts.ts";

const uplink: UplinkRef = { kind: "Uplink", host: "hv1", nic: "eth1", reflectiveRelay: "unknown" };
const ethernet: HostBridgeRef = { kind: "HostBridge", host: "hv1", type: "ethernet", uplink, mode: "all" };
const lan: HostBridgeRef = { ...ethernet, type: "hypervisor", device: "lan" };
const vlans = { defaultPvid: 1, uplinkPvid: 1, uplinkTagged: [10, "20-29"] };
const existing: HostBridgeRef = { kind: "HostBridge", host: "hv1", type: "existing", device: "br0", mode: "all" };

const hv1 = (...links: LinkFacts[]) => facts([link("eth1"), ...links], "11.3.0");
const vlanLink = (name: string, different: Partial<LinkFacts> = {}): LinkFacts =>
  link(name, { kind: "vlan", lower: "eth1", vlanId: 100, ...different });

type Request = Parameters<typeof asked>[1];

const decide = (bridge: HostBridgeRef, more: Request, host = hv1()) => {
  const options = [...(more?.options ?? []), ...(more?.vlan === undefined ? [] : (["vlan"] as const))];
  return plan(asked(bridge, { ...more, options }), host);
};

/** The rule that speaks against the candidate that the bridge is for. */
const refusedBy = (bridge: HostBridgeRef, more: Request, host = hv1()): string[] => {
  const { verdicts } = decide(bridge, { mode: "veb", ...more }, host);
  const kind = bridge.type === "ethernet" ? "macvtap-bridge" : "linux-bridge";
  return verdicts.find(({ candidate }) => candidate.kind === kind)?.rejections.map(({ rule }) => rule) ?? [];
};

test("a macvtap with a VLAN stands on the VLAN link, the one that is there or the one to be made", (t) => {
  t.like(decide(ethernet, { vlan: 100 }).realization, { kind: "macvtap-bridge", source: "eth1.100" });
  t.is(decide(ethernet, { vlan: 100 }, hv1(vlanLink("dmz"))).realization?.source, "dmz");
  const provider = vlanLink("s-tag", { vlanProtocol: "802.1ad" });
  t.is(decide(ethernet, { vlan: 100 }, hv1(provider)).realization?.source, "eth1.100");
  t.is(decide(ethernet, {}).realization?.source, "eth1");
});

test("a VLAN link's name fits, and tells uplinks apart that begin alike", (t) => {
  t.is(vlanLinkName("enp1s0", 4094), "enp1s0.4094");
  const [one, two] = [vlanLinkName("enp129s0f0np0", 4094), vlanLinkName("enp129s0f1np1", 4094)];
  for (const name of [one, two]) t.regex(name, /^enp12-[0-9a-f]{4}\.4094$/);
  t.not(one, two);
  t.is(one.length, 15);
});

test("the need for a VLAN is served where one is given, and only there", (t) => {
  for (const bridge of [ethernet, { ...lan, vlans }]) {
    t.deepEqual(refusedBy(bridge, { needs: ["vlan"], vlan: 20 }), []);
    t.deepEqual(refusedBy(bridge, { needs: ["vlan"] }), ["need-served"]);
  }
});

test("vlan-bridge-filters: a bridge of ours says so, another one on the host", (t) => {
  t.deepEqual(refusedBy(lan, { vlan: 20 }), ["vlan-bridge-filters"]);
  t.deepEqual(refusedBy({ ...lan, vlans }, { vlan: 20 }), []);
  const settings = { stp: false, priority: 0, multicastSnooping: true, defaultPvid: 1 };
  const br0 = (vlanFiltering: boolean) => ({ ...bridgeLink("br0"), bridge: { ...settings, vlanFiltering } });
  t.deepEqual(refusedBy(existing, { vlan: 20 }, hv1(br0(false))), ["vlan-bridge-filters"]);
  t.deepEqual(refusedBy(existing, { vlan: 20 }, hv1(br0(true))), []);
  const port = link("eth2", {
    master: "br0",
    bridgePort: { hairpin: false, isolated: false, vlans: { pvid: 1, tagged: [20], untagged: [] } },
  });
  t.deepEqual(refusedBy(existing, { vlan: 20 }, hv1(br0(true), port)), []);
  t.deepEqual(refusedBy(existing, { vlan: 30 }, hv1(br0(true), port)), ["vlan-carried"]);
});

test("vlan-carried: each VLAN of an interface goes out by the uplink", (t) => {
  const on = { ...lan, vlans };
  t.deepEqual(refusedBy(on, { vlan: { native: 1, tagged: [10, "20-25"] } }), []);
  t.deepEqual(refusedBy(on, { vlan: 30 }), ["vlan-carried"]);
  t.deepEqual(refusedBy(on, { vlan: { tagged: ["25-30"] } }), ["vlan-carried"]);
});

test("vlan-needed: where ports have no VLAN by default, an interface gives one", (t) => {
  const on = { ...lan, vlans: { ...vlans, defaultPvid: 0 } };
  t.deepEqual(refusedBy(on, {}), ["vlan-needed"]);
  t.deepEqual(refusedBy(on, { vlan: 20 }), []);
});

test("vlan-trunk: a macvtap has one VLAN", (t) => {
  t.deepEqual(refusedBy(ethernet, { vlan: { tagged: [10] } }), ["vlan-trunk"]);
});

test("vlan-link: its name is free, and the one that is there takes macvtaps", (t) => {
  const taken = link("eth1.100", { kind: "dummy" });
  t.deepEqual(refusedBy(ethernet, { vlan: 100 }, hv1(taken)), ["vlan-link"]);
  const bridged = vlanLink("eth1.100", { master: "br100" });
  t.deepEqual(refusedBy(ethernet, { vlan: 100 }, hv1(bridged, bridgeLink("br100"))), ["vlan-link"]);
  const alias = "pulumi-kvm-network:shared:eth1/vlan-100";
  t.deepEqual(refusedBy(ethernet, { vlan: 100 }, hv1(vlanLink("eth1.100", { vlanId: 200, alias }))), []);
});

test("a libvirt before 11.0 gives no tap a VLAN, and is told of with its version", (t) => {
  const { verdicts } = decide({ ...lan, vlans }, { vlan: 20 }, facts([link("eth1")], "10.0.0"));
  const rejections = verdicts.find(({ candidate }) => candidate.kind === "linux-bridge")?.rejections ?? [];
  t.like(rejections[0], { rule: "interface-option", property: "vlan" });
  t.regex(rejections[0]?.reason ?? "", /takes libvirt 11\.0\.0, the host has 10\.0\.0/);
});
