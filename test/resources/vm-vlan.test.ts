import test from "ava";
import { lifecycle } from "../../provider/resources/lifecycle.ts";
import type { Properties } from "../../provider/resources/resource-kind.ts";
import type { HostFacts } from "../../provider/schema/facts.ts";
import { facts, link } from "../planning/facts.ts";
import { ethernet, hypervisor, news, only } from "./bad-input/given.ts";

const check = (title: string, inputs: Properties, of?: HostFacts, olds: Properties = {}) =>
  lifecycle("VmInterface").check(olds, news(title, inputs, of));

const hv1 = facts([link("eth1"), link("dmz", { kind: "vlan", lower: "eth1", vlanId: 200 })], "11.3.0");

test("a preview names the VLAN link that a macvtap stands on, and keeps the name where there are no facts", (t) => {
  const asked = { bridge: ethernet("eth1"), vlan: 200 };
  const { inputs, failures } = check("kept", asked, hv1);
  t.deepEqual(failures, []);
  t.like(inputs, {
    realization: { source: "dmz" },
    vlanLink: { name: "dmz", state: "in place" },
    plan: { uplink: "eth1", vlan: 200 },
  });
  t.like(check("kept", asked, undefined, inputs).inputs, { vlanLink: { name: "dmz" }, realization: { source: "dmz" } });
  const other = check("kept", { ...asked, vlan: 300 }, undefined, inputs).inputs;
  t.like(other, { vlanLink: { name: "eth1.300" }, realization: { source: "eth1.300" } });
  t.deepEqual(lifecycle("VmInterface").diff(inputs, other).replaces, ["realization"]);
});

test("on a Linux bridge the VLAN is the tap's: no link is made for it, and another VLAN replaces nothing", (t) => {
  const bridge = hypervisor("eth1", { vlanFiltering: true });
  const { inputs, failures } = check("tap", { bridge, vlan: { native: 10, tagged: [21, 20] } }, hv1);
  t.deepEqual(failures, []);
  t.like(inputs, { vlan: { native: 10, tagged: [20, 21] }, plan: { vlan: { native: 10 } } });
  t.false("vlanLink" in inputs);
  const other = check("tap", { bridge, vlan: 30 }, hv1, inputs).inputs;
  t.deepEqual(lifecycle("VmInterface").diff(inputs, other).replaces, []);
});

test("a VLAN on a bridge that does not filter, and a trunk on a macvtap, are refused on vlan", (t) => {
  only(t, check("a", { bridge: hypervisor("eth1"), vlan: 5 }, hv1).failures, "vlan", /vlanFiltering: true/);
  const trunk = { bridge: ethernet("eth1"), mode: "veb", vlan: { tagged: [5, 6] } };
  only(t, check("b", trunk, hv1).failures, "vlan", /one VLAN of the link that it stands on/);
});

test("an address is taken in one VLAN of an uplink, and free in another", (t) => {
  const asked = (vlan: number) => ({ bridge: ethernet("eth1"), mac: "52:54:00:00:00:77", vlan });
  t.deepEqual(check("first", asked(41), hv1).failures, []);
  t.deepEqual(check("second", asked(42), hv1).failures, []);
  only(t, check("third", asked(41), hv1).failures, "mac", /on eth1\.41 of hv1\.example\.net already/);
});

test("limits are libvirt's where it has them, and a peak only where tc has one", (t) => {
  const [peak, average] = [{ averageMbps: 10, peakMbps: 20 }, { averageMbps: 10 }];
  const on = { bridge: ethernet("eth1"), mode: "veb" };
  t.deepEqual(check("c", { ...on, bandwidth: { inbound: average, outbound: peak } }, hv1).failures, []);
  only(t, check("d", { ...on, bandwidth: { inbound: peak } }, hv1).failures, "bandwidth", /leave peakMbps out/);
  const tap = { bridge: hypervisor("eth1") };
  t.deepEqual(check("e", { ...tap, bandwidth: { inbound: peak, outbound: average } }, hv1).failures, []);
  only(t, check("f", { ...tap, bandwidth: { outbound: peak } }, hv1).failures, "bandwidth", /leave peakMbps out/);
});
