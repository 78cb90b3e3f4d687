import test from "ava";
import { type Attachment, fabricOf, mermaid, type PlannedInterface, reach } from "../../provider/planning/index.ts";
import type { UplinkRef } from "../../provider/schema/ref.ts";
import { fabric, mac, macvtap, passes, port } from "./fabric.ts";

const vf = (vlan?: number) => ({ kind: "vf", uplink: "eth1", ...(vlan !== undefined && { vlan }) }) as const;
const veb = { embedded: "veb", reflects: false } as const;
const stated = { ...veb, vfCapabilities: ["host-to-vm", "multicast"] } as const;

test("VFs of one NIC reach each other in its own switch, and others by the adjacent one", (t) => {
  const of = fabric({ a: vf(), b: vf(), far: macvtap("bridge") }, stated);
  t.deepEqual(passes(of, "a", "b"), { passes: "yes", by: ["nic"], because: "" });
  t.deepEqual(passes(of, "a", "b", "multicast").by, ["nic"]);
  t.deepEqual(passes(of, "a", "far").by, ["switch"]);
  t.deepEqual(passes(of, "far", "a", "broadcast").by, ["switch"]);
});

test("a NIC in VEPA leaves its VFs to a switch that reflects", (t) => {
  const vms = { a: vf(), b: vf(), host: { kind: "host", on: "eth1" } } as const;
  for (const [reflects, expected] of [
    [true, { passes: "yes", by: ["switch"], because: "" }],
    [false, { passes: "no" }],
  ] as const) {
    const of = fabric(vms, { embedded: "vepa", reflects });
    t.like(passes(of, "a", "b"), expected);
    t.like(passes(of, "host", "b"), expected);
  }
});

test("what a NIC does with frames between VFs and host, and with groups, is unknown until it is stated", (t) => {
  const vms = { a: vf(), b: vf(), host: { kind: "host", on: "eth1" }, tap: macvtap("vepa") } as const;
  const [told, untold] = [fabric(vms, stated), fabric(vms, veb)];
  for (const [from, to] of [
    ["a", "host"],
    ["host", "a"],
    ["a", "tap"],
    ["tap", "a"],
  ] as const) {
    t.deepEqual(passes(told, from, to).by, ["nic"], `${from} to ${to}`);
    t.is(
      passes(untold, from, to).because,
      "it depends on whether eth1 of hv1 hands frames on between its VFs and its host",
    );
  }
  t.is(passes(untold, "a", "b", "multicast").passes, "unknown");
  t.is(passes(untold, "a", "b", "broadcast").passes, "yes");
  t.is(passes(told, "a", "host", "multicast").passes, "unknown");
  t.is(passes(told, "host", "tap").passes, "unknown");
  const lie = { from: told.at("a"), to: told.at("b"), kind: "unicast", source: mac(99) } as const;
  t.is(reach(told, lie).because, "it depends on whether eth1 of hv1 lets a VF send with another's address");
});

test("a VF reaches a VM on a bridge on its NIC by a switch that reflects, or as nobody knows; and is reached", (t) => {
  const of = fabric({ a: vf(), tap: port(), other: port() }, { ...stated, bridge: "br0" });
  t.is(passes(of, "a", "tap").passes, "unknown");
  t.is(passes(of, "a", "tap", "broadcast").passes, "yes");
  t.deepEqual(passes(of, "tap", "a").by, ["bridge", "nic"]);
  t.deepEqual(passes(of, "tap", "other").by, ["bridge"]);
  const returning = fabric({ a: vf(), tap: port(), other: port() }, { ...stated, bridge: "br0", returns: true });
  t.regex(passes(returning, "tap", "other").because, /./);
  t.is(passes(returning, "tap", "other").passes, "no");
});

test("VFs of different VLANs do not reach each other; on the cable the VLAN is a tag", (t) => {
  const far = (vlan?: number) => ({ ...macvtap("bridge"), ...(vlan !== undefined && { vlan }) });
  const vms = { a: vf(10), b: vf(10), c: vf(20), d: vf(), far: far(), far10: far(10), far20: far(20) };
  const of = fabric(vms, stated);
  t.deepEqual(passes(of, "a", "b").by, ["nic"]);
  for (const kind of ["unicast", "broadcast"] as const)
    for (const [from, reached] of [
      ["a", ["b", "far10"]],
      ["c", ["far20"]],
      ["d", ["far"]],
      ["far10", ["a", "b"]],
    ] as const)
      for (const to of Object.keys(vms))
        if (to !== from && !(from.startsWith("far") && to.startsWith("far")))
          t.is(
            passes(of, from, to, kind).passes === "yes",
            reached.some((each) => each === to),
            `${from} to ${to}`,
          );
  t.is(passes(of, "a", "c").because, "c does not hear frames of VLAN 10");
  t.is(passes(of, "d", "a").because, "a does not hear frames without a VLAN");
});

test("a Linux bridge that filters VLANs keeps its ports apart, and lets out what its uplink carries", (t) => {
  const inVlan = (vlan: Exclude<Attachment, { kind: "macvtap" | "vf" | "host" }>["vlan"]) => ({
    ...port(),
    ...(vlan && { vlan }),
  });
  const vms = {
    plain: port(),
    a: inVlan(10),
    b: inVlan(10),
    c: inVlan(20),
    trunk: inVlan({ native: 10, tagged: ["15-25"] }),
    far: macvtap("bridge"),
    far20: { ...macvtap("bridge"), vlan: 20 },
  };
  const vlans = { defaultPvid: 1, uplinkPvid: 10, uplinkTagged: ["20-30"] };
  const of = fabric(vms, { bridge: "br0", reflects: false, vlans });
  for (const [from, reached] of [
    ["plain", []],
    ["a", ["b", "trunk", "far"]],
    ["c", ["trunk", "far20"]],
    ["trunk", ["a", "b", "c", "far", "far20"]],
    ["far", ["a", "b", "trunk"]],
    ["far20", ["c", "trunk"]],
  ] as const)
    t.deepEqual(
      Object.keys(vms).filter((to) => to !== from && passes(of, from, to).passes === "yes"),
      [...reached],
      from,
    );
  t.is(passes(of, "plain", "far").because, "eth1 of hv1 carries no frames of VLAN 1");
  const { vlans: _, ...uplink } = of.uplinks[0] ?? { host: "", nic: "" };
  const untold = { ...of, uplinks: [uplink, ...of.uplinks.slice(1)] };
  t.is(passes(untold, "c", "trunk").passes, "yes");
  t.is(
    passes(untold, "c", "far20").because,
    "it depends on whether the uplink of br0 of hv1 carries the VLANs of its ports",
  );
});

test("planned VFs make a fabric with the NIC's own switch, and each with its VLAN", (t) => {
  const uplink: UplinkRef = {
    kind: "Uplink",
    host: "hv1",
    nic: "eth1",
    reflectiveRelay: "absent",
    vfCapabilities: ["host-to-vm"],
  };
  const bridge = { kind: "HostBridge", host: "hv1", type: "embedded", uplink, mode: "all" } as const;
  const vfRef = { kind: "SriovVirtualFunction", host: "hv1", uplink, vfIndex: 2, vlan: 30 } as const;
  const on = (name: string, kind: string, more: Partial<PlannedInterface>): PlannedInterface => ({
    name,
    host: "hv1",
    mac: mac(1),
    realization: { kind, source: "eth1" },
    ...more,
  });
  const { fabric: made, missing } = fabricOf([
    on("a", "vf-veb", { bridge, vlan: 10 }),
    on("b", "vf-passthrough", { bridge }),
    on("c", "vf-veb", { vf: vfRef }),
    on("d", "macvtap-bridge", { bridge, vlan: 10, realization: { kind: "macvtap-bridge", source: "eth1.10" } }),
  ]);
  t.deepEqual(missing, []);
  t.like(made.uplinks, [{ nic: "eth1", embedded: "veb", vfCapabilities: ["host-to-vm"], reflects: false }]);
  t.is(made.uplinks.length, 1);
  t.like(
    made.stations.map(({ attachment }) => attachment),
    [
      { kind: "vf", uplink: "eth1", vlan: 10 },
      { kind: "vf", uplink: "eth1", macvtap: true },
      { kind: "vf", uplink: "eth1", vlan: 30 },
      { kind: "macvtap", uplink: "eth1", vlan: 10 },
    ],
  );
  t.regex(
    mermaid(made),
    /nic0\(\["eth1 with a VEB"\]\).*vm0 -- VF, VLAN 10 --- nic0\n.*vm1 -- passthrough on a VF --- nic0\n/s,
  );
  const { fabric: vepa } = fabricOf([on("a", "vf-vepa", { bridge })]);
  t.is(vepa.uplinks[0]?.embedded, "vepa");
  const beside = { ...bridge, type: "ethernet", uplink: { ...uplink, numVfs: 2 } } as const;
  t.is(fabricOf([on("a", "macvtap-vepa", { bridge: beside })]).fabric.uplinks[0]?.embedded, "veb");
});
