import test from "ava";
import { lifecycle } from "../../provider/resources/lifecycle.ts";
import type { Properties } from "../../provider/resources/resource-kind.ts";
import type { HostFacts, VirtualFunctionFacts } from "../../provider/schema/facts.ts";
import { facts, link } from "../planning/facts.ts";
import { news, only, uplink } from "./bad-input/given.ts";

const vf = (index: number, different: Partial<VirtualFunctionFacts> = {}): VirtualFunctionFacts => ({
  index,
  pci: `0000:3b:10.${index}`,
  driver: "igbvf",
  iommuGroup: 20 + index,
  ...different,
});

/** A host with a NIC that has these VFs, of seven; of no other test, for a VF is given out once. */
const host = (nic: string, functions: readonly VirtualFunctionFacts[]): HostFacts => {
  const sriov = { totalVfs: 7, vfs: functions.length, functions: [...functions] };
  return facts([
    link(nic, { nic: { driver: "igb", pci: "0000:3b:00.0", speedMbps: 1000, sriov, iommuGroup: 14 } }),
    link("eth2"),
  ]);
};

const kind = lifecycle("SriovVirtualFunction");
const check = (name: string, inputs: Properties, known?: HostFacts, olds: Properties = {}) =>
  kind.check(olds, news(name, inputs, known));

test("without facts, the number of VFs that the Uplink makes tells which there are; without it the host does", (t) => {
  const nic = "eth1";
  const made = check("a", { uplink: uplink(nic, { numVfs: 2 }) });
  t.deepEqual(made.failures, []);
  t.is(made.inputs.vfIndex, 0);
  t.like(made.inputs.ref, { kind: "SriovVirtualFunction", vfIndex: 0, mac: made.inputs.mac });
  t.is(check("b", { uplink: uplink(nic, { numVfs: 2 }) }).inputs.vfIndex, 1);
  only(
    t,
    check("c", { uplink: uplink(nic, { numVfs: 2 }) }).failures,
    "uplink",
    /eth1 of .* has 2 VFs, and all of them/,
  );
  only(t, check("a", { uplink: uplink(nic, { numVfs: 2 }), index: 2 }).failures, "index", /numVfs 2, .*no VF 2/);

  const unknown = check("d", { uplink: uplink("eth9") });
  t.deepEqual(unknown.failures, []);
  t.false("vfIndex" in unknown.inputs);
  t.false("ref" in unknown.inputs);
});

test("what was picked stays, and what is picked at the update is no change afterwards", (t) => {
  const inputs = { uplink: uplink("eth3", { numVfs: 3 }) };
  const first = check("kept", { ...inputs, index: 2 });
  const { inputs: later } = check("kept", inputs, undefined, first.inputs);
  t.is(later.vfIndex, 2);
  t.deepEqual(kind.diff({ ...first.inputs, index: undefined }, later).replaces, []);
  // The host told it at the update: it is among the outputs, and not looked for again.
  const atUpdate = check("at-update", { uplink: uplink("eth4") });
  const state = { ...atUpdate.inputs, vfIndex: 1, ref: { vfIndex: 1 } };
  const withCount = check("at-update", { uplink: uplink("eth4") }, undefined, atUpdate.inputs);
  t.deepEqual(kind.diff(state, withCount.inputs), { changes: false, replaces: [] });
  t.deepEqual(
    kind.diff(first.inputs, check("kept", { ...inputs, index: 1 }, undefined, first.inputs).inputs).replaces,
    ["vfIndex"],
  );
});

test("two resources of a program with one VF are refused, naming the other", (t) => {
  const inputs = { uplink: uplink("eth5", { numVfs: 4 }), index: 3 };
  t.deepEqual(check("web-1", inputs).failures, []);
  only(t, check("web-2", inputs).failures, "index", /VF 3 of eth5 of .* is web-1's in this program already/);
});

test("what is of a VLAN's tag is refused without one, and has its defaults with one", (t) => {
  const on = uplink("eth6", { numVfs: 1 });
  only(t, check("tag", { uplink: on, qos: 3 }).failures, "qos", /there is none without vlan/);
  only(t, check("tag", { uplink: on, vlanProtocol: "802.1ad" }).failures, "vlanProtocol", /none without vlan/);
  t.like(check("tag", { uplink: on, vlan: 5 }).inputs, { vlan: 5, qos: 0, vlanProtocol: "802.1Q" });
  only(t, check("tag", { uplink: on, vlan: 4095 }).failures, "vlan", /1 to 4094/);
  only(t, check("tag", { uplink: on, minTxRateMbps: 5, maxTxRateMbps: 4 }).failures, "minTxRateMbps", /at least 5/);
  only(t, check("tag", { uplink: on, driver: "uio" }).failures, "driver", /one of "host", "vfio-pci"/);
});

test("a NIC that has no VFs, and a VF in no IOMMU group for a guest, are refused with what to do", (t) => {
  only(
    t,
    check("plain", { uplink: uplink("eth2") }, host("eth1", [vf(0)])).failures,
    "uplink",
    /eth2 of hv1 has no SR-IOV, and so no VFs; eth1 of that host has it/,
  );
  only(t, check("gone", { uplink: uplink("eth8") }, host("eth1", [vf(0)])).failures, "uplink", /no uplink eth8 on hv1/);
  only(
    t,
    check("none", { uplink: uplink("eth1") }, host("eth1", [])).failures,
    "uplink",
    /no VF of eth1 of hv1 is free: raise numVfs/,
  );
  const noIommu = host("eth10", [vf(0, { iommuGroup: null }), vf(1)]);
  const forGuest = { uplink: uplink("eth10"), index: 0, driver: "vfio-pci" };
  only(t, check("guest", forGuest, noIommu).failures, "driver", /is in no IOMMU group.*intel_iommu=on/);
});

test("a VF that bears this resource's address is its own, whoever has it now", (t) => {
  const { inputs } = check("lost", { uplink: uplink("eth7") });
  const mac = String(inputs.mac);
  const holding = host("eth11", [vf(0), vf(1, { driver: "vfio-pci", mac })]);
  const again = check("lost", { uplink: uplink("eth11") }, holding);
  t.deepEqual(again.failures, []);
  t.is(again.inputs.vfIndex, 1);
});
