import test from "ava";
import type { InterfaceSpec } from "../../provider/libvirt/interface-xml.ts";
import { changeableInPlace } from "../../provider/libvirt/update-interface.ts";

const bridge: InterfaceSpec = { kind: "bridge", bridge: "br0", mac: "52:54:00:00:00:01", alias: "ua-web-1" };
const direct: InterfaceSpec = { kind: "direct", uplink: "eth1", mode: "vepa", mac: "52:54:00:00:00:01" };
const running = { running: true, libvirt: "9.0.0" };

test("nothing changed: nothing to do, defaults written out or not", (t) => {
  const explicit: InterfaceSpec = { ...bridge, model: "virtio", linkState: "up", isolated: false };
  t.deepEqual(changeableInPlace(bridge, explicit, running), { inPlace: [], needsReattach: [] });
  t.deepEqual(changeableInPlace(explicit, bridge), { inPlace: [], needsReattach: [] });
});

test("a running machine's link state, filter, isolation and bridge change in place", (t) => {
  const after: InterfaceSpec = { ...bridge, bridge: "br1", linkState: "down", filter: "clean-traffic", isolated: true };
  const change = changeableInPlace(bridge, after, running);
  t.deepEqual(change.inPlace.toSorted(), ["bridge", "filter", "isolated", "linkState"]);
  t.deepEqual(change.needsReattach, []);
});

test("everything else of a running machine takes another attachment", (t) => {
  const after: InterfaceSpec = {
    ...bridge,
    mac: "52:54:00:00:00:02",
    model: "e1000e",
    queues: 2,
    mtu: 1400,
    bootOrder: 1,
    target: "web1",
    linkState: "down",
  };
  const { inPlace, needsReattach } = changeableInPlace(bridge, after, running);
  t.deepEqual(inPlace, ["linkState"]);
  t.deepEqual(needsReattach.toSorted(), ["bootOrder", "mac", "model", "mtu", "queues", "target"]);
  t.deepEqual(changeableInPlace(direct, { ...direct, mode: "bridge" }, running).needsReattach, ["mode"]);
});

test("a port that the switch was told of is another one after a change, and the same when nothing changed", (t) => {
  const instanceId = "09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f";
  const told = { ...direct, vsi: { managerId: 11, typeId: 7, typeIdVersion: 2, instanceId } };
  const other = { ...direct, vsi: { managerId: 11, typeId: 7, typeIdVersion: 3, instanceId } };
  t.deepEqual(changeableInPlace(told, other, running), { inPlace: [], needsReattach: ["vsi"] });
  t.deepEqual(changeableInPlace(direct, told, running), { inPlace: [], needsReattach: ["vsi"] });
  t.deepEqual(changeableInPlace(told, { ...told, vsi: { ...told.vsi } }, running).needsReattach, []);
});

test("of another kind, all of it", (t) => {
  const { inPlace, needsReattach } = changeableInPlace({ ...bridge, linkState: "down" }, direct, running);
  t.deepEqual(inPlace, []);
  t.true(needsReattach.includes("kind"));
});

test("trustGuestRxFilters changes in place since libvirt 10.0; before, and unknown, it would silently not", (t) => {
  const after: InterfaceSpec = { ...direct, trustGuestRxFilters: true };
  for (const [libvirt, place] of [
    ["9.10.0", "needsReattach"],
    [null, "needsReattach"],
    ["10.0.0", "inPlace"],
    ["11.3.0", "inPlace"],
  ] as const) {
    t.deepEqual(changeableInPlace(direct, after, { running: true, libvirt })[place], ["trustGuestRxFilters"]);
  }
});

test("in the definition of a domain that is shut off all but the identity changes in place", (t) => {
  const after: InterfaceSpec = { ...direct, alias: "ua-web-1", queues: 2 };
  const { inPlace, needsReattach } = changeableInPlace(
    bridge,
    { ...after, mac: "52:54:00:00:00:02" },
    {
      running: false,
      libvirt: null,
    },
  );
  t.deepEqual(inPlace.toSorted(), ["bridge", "kind", "mode", "queues", "uplink"]);
  t.deepEqual(needsReattach, ["mac"]);
});
