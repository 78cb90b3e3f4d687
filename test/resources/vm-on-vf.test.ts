import test from "ava";
import { lifecycle } from "../../provider/resources/lifecycle.ts";
import type { Properties } from "../../provider/resources/resource-kind.ts";
import type { HostFacts, VirtualFunctionFacts } from "../../provider/schema/facts.ts";
import { facts, link } from "../planning/facts.ts";
import { news, refOf, uplink, vf } from "./bad-input/given.ts";

const vm = lifecycle("VmInterface");

const functions = (...drivers: (string | null)[]): VirtualFunctionFacts[] =>
  drivers.map((driver, index) => ({ index, pci: `0000:01:10.${index}`, driver }));

/** A host whose NIC of that name has these VFs. */
const host = (nic: string, ...drivers: (string | null)[]): HostFacts => {
  const made = functions(...drivers);
  const sriov = { totalVfs: 7, vfs: made.length, ...(made.length === 0 ? {} : { functions: made }) };
  return facts([link(nic, { nic: { driver: "igb", pci: "0000:01:00.0", speedMbps: 1000, sriov, iommuGroup: 1 } })]);
};

const embedded = (nic: string, more: Properties = {}): Properties =>
  refOf("HostBridge", { uplink: { ...uplink(nic), ...more }, type: "embedded" });

const check = (title: string, inputs: Properties, known?: HostFacts, olds: Properties = {}) =>
  vm.check(olds, news(title, inputs, known));

test("the lowest VF that is free is picked, another one for each resource, and kept", (t) => {
  const known = host("pick0", "vfio-pci", "igbvf", "igbvf");
  const on = { bridge: embedded("pick0") };
  const first = check("first", on, known).inputs;
  t.like(first, { vfIndex: 1, realization: { kind: "vf-veb", source: "pick0" }, plan: { vfIndex: 1 } });
  t.is(check("second", on, known).inputs.vfIndex, 2);
  const third = check("third", on, known);
  t.deepEqual(
    third.failures.map(({ property }) => property),
    ["bridge"],
  );
  t.regex(third.failures[0]?.reason ?? "", /no VF of pick0 of hv1.* is free: of its 3 each is held, or is another/);
  const kept = check("first", on, host("pick0", "igbvf", "igbvf", "igbvf"), first);
  t.is(kept.inputs.vfIndex, 1);
  t.deepEqual(vm.diff(first, kept.inputs).changes, false);
  t.is(check("first", on, undefined, first).inputs.vfIndex, 1, "without facts as well");
});

test("VFs that the Uplink makes in the same update are counted on; of those that nobody knows of none is picked", (t) => {
  const made = check("made", { bridge: embedded("pick1", { numVfs: 2 }) }, host("pick1"));
  t.deepEqual(made.failures, []);
  t.is(made.inputs.vfIndex, 0);
  const unknown = check("unknown", { bridge: embedded("pick2") });
  t.deepEqual(unknown.failures, []);
  t.false("vfIndex" in unknown.inputs);
});

test("a VF that is given is taken, with its MAC and VLAN; two VMs can't have it", (t) => {
  const known = host("pick3", "igbvf", "igbvf");
  const given = { vf: vf("pick3", 1, { mac: "52:54:00:00:00:07", vlan: 7 }) };
  const { inputs, failures } = check("given", given, known);
  t.deepEqual(failures, []);
  t.like(inputs, { vfIndex: 1, mac: "52:54:00:00:00:07", realization: { kind: "vf-veb", source: "pick3" } });
  const [other] = check("other", { vf: vf("pick3", 1) }, known).failures;
  t.is(other?.property, "vf");
  t.regex(other?.reason ?? "", /VF 1 of pick3 of hv1.* is given's already/);
  t.is(check("picks", { bridge: embedded("pick3") }, known).inputs.vfIndex, 0);
  const third = check("third on pick3", { vf: vf("pick3", 2) }, known).failures[0];
  t.is(third?.property, "vf");
  t.regex(third?.reason ?? "", /there is no VF 2 on pick3 of hv1: 2 are made/);
});

test("another VF, MAC or VLAN of a VF in a guest is another attachment; its VFs are not renumbered by that", (t) => {
  const known = host("pick4", "igbvf", "igbvf");
  const before = check("moves", { vf: vf("pick4", 0, { vlan: 7 }) }, known).inputs;
  const diff = (more: Properties, index = 0) =>
    vm.diff(before, check("moves", { vf: vf("pick4", index, more) }, known, before).inputs);
  t.deepEqual(diff({ vlan: 7 }).changes, false);
  t.deepEqual(diff({ vlan: 8 }).replaces, ["vf"]);
  t.deepEqual(diff({ vlan: 7, trust: true }).replaces, [], "what libvirt does not set");
  t.true(diff({ vlan: 7 }, 1).replaces.includes("vfIndex"));
});

test("without an IOMMU, and where libvirt's own options are asked for, it is a macvtap on the VF", (t) => {
  const known = host("pick5", "igbvf", "igbvf");
  const limited = check("limited", { bridge: embedded("pick5"), bandwidth: { outbound: { averageMbps: 10 } } }, known);
  t.deepEqual(limited.failures, []);
  t.like(limited.inputs, { realization: { kind: "vf-passthrough" }, vfIndex: 0, allMulticast: true, driver: "vhost" });
  const direct = check("direct", { bridge: embedded("pick5"), needs: ["hardware-path"] }, known);
  t.like(direct.inputs, { realization: { kind: "vf-veb" }, vfIndex: 1 });
  t.false("driver" in direct.inputs || "allMulticast" in direct.inputs, "the guest drives it");
  const model = check("direct", { bridge: embedded("pick5"), model: "e1000e" }, known);
  t.is(model.failures[0]?.property, "model");
});

test("an address that a VF, or a domain's VF, has is taken on its NIC", (t) => {
  const known = host("pick6", "igbvf", "vfio-pci");
  const functions = known.links[0]?.nic?.sriov?.functions ?? [];
  const mac = "52:54:00:00:00:06";
  const held = { ...known, links: known.links.map((each) => ({ ...each })) };
  const [first, second] = functions;
  if (first === undefined || second === undefined) return t.fail();
  second.mac = mac;
  const [failure] = check("same address", { bridge: embedded("pick6"), mac }, held).failures;
  t.is(failure?.property, "mac");
  t.regex(failure?.reason ?? "", /52:54:00:00:00:06 is the address of VF 1 on pick6/);
});
