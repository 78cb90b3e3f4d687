import test from "ava";
import { lifecycle } from "../../provider/resources/lifecycle.ts";
import { facts, link } from "../planning/facts.ts";
import { news, uplink } from "./bad-input/given.ts";

const nic = { driver: "i40e", pci: "0000:3b:00.0", speedMbps: 10_000, iommuGroup: 14 };
const able = facts([link("eth1", { nic: { ...nic, sriov: { totalVfs: 64, vfs: 4 } } })]);
const stated = { embeddedSwitch: "vepa", vfCapabilities: ["multicast"] };

test("the own switch of a NIC with SR-IOV is a bridge without a device; what is stated of it reaches its interfaces", (t) => {
  const on = uplink("eth1", { assume: stated });
  t.like(on, stated);
  const { inputs, failures } = lifecycle("HostBridge").check({}, news("sw", { uplink: on, type: "embedded" }, able));
  t.deepEqual(failures, []);
  t.like(inputs.ref, { type: "embedded", mode: "all", uplink: { nic: "eth1", ...stated } });
  t.false("device" in (inputs.ref as object));
  t.deepEqual(lifecycle("HostBridge").diff(inputs, inputs).changes, false);

  const vm = lifecycle("VmInterface").check({}, news("vm", { bridge: inputs.ref, needs: ["multicast"] }, able));
  t.deepEqual(vm.failures, []);
  t.like(vm.inputs, {
    realization: { kind: "vf-vepa", source: "eth1" },
    vfIndex: 0,
    plan: { vfIndex: 0, mode: "vepa" },
  });
  t.false("driver" in vm.inputs, "the guest drives it");
});

test("an Uplink of which nothing is stated has the ref that it always had", (t) => {
  t.deepEqual(uplink("eth1"), { kind: "Uplink", host: "hv1.example.net", nic: "eth1", reflectiveRelay: "unknown" });
});
