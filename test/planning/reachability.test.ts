import test from "ava";
import { XMLValidator } from "fast-xml-parser";
import {
  type FrameKind,
  fabricOf,
  hostItself,
  matrixSvg,
  matrixText,
  mermaid,
  reach,
  reachability,
  talk,
} from "../../provider/planning/index.ts";
import { fabric, mac, macvtap, passes, port } from "./fabric.ts";

test("macvtaps in bridge mode reach each other on the host, whatever the switch does", (t) => {
  for (const known of [{ reflects: true }, { reflects: false }, {}]) {
    const of = fabric({ a: macvtap("bridge"), b: macvtap("bridge") }, known);
    t.deepEqual(passes(of, "a", "b"), { passes: "yes", by: ["macvtap"], because: "" });
    t.is(passes(of, "a", "b", "broadcast").passes, "yes");
  }
});

test("macvtaps in vepa mode reach each other by a switch that reflects, and by no other", (t) => {
  const vms = { a: macvtap("vepa"), b: macvtap("vepa") };
  t.deepEqual(passes(fabric(vms, { reflects: true }), "a", "b"), { passes: "yes", by: ["switch"], because: "" });
  const apart = passes(fabric(vms, { reflects: false }), "a", "b");
  t.is(apart.passes, "no");
  t.is(apart.because, "the adjacent switch does not send frames back out of the port of eth1 of hv1");
  const unknown = passes(fabric(vms), "a", "b");
  t.is(unknown.passes, "unknown");
  t.is(unknown.because, "it depends on whether the adjacent switch reflects on eth1 of hv1");
});

test("private macvtaps hear no neighbour's broadcasts, yet its unicast; with the filter of pepa neither", (t) => {
  const bare = fabric({ a: macvtap("private"), b: macvtap("private") }, { reflects: true });
  t.is(passes(bare, "a", "b").passes, "yes");
  t.is(passes(bare, "a", "b", "broadcast").passes, "no");
  const filtered = { a: macvtap("private", { filtered: true }), b: macvtap("vepa") };
  for (const reflects of [true, false]) {
    const pepa = fabric(filtered, { reflects });
    for (const kind of ["unicast", "broadcast", "multicast"] as const) {
      t.is(passes(pepa, "a", "b", kind).passes, "no", kind);
      t.is(passes(pepa, "b", "a", kind).passes, "no", kind);
    }
  }
});

test("what a pepa VM sends with another's address goes nowhere", (t) => {
  const of = fabric({ a: macvtap("private", { filtered: true }), b: macvtap("vepa"), far: macvtap("vepa") });
  t.is(passes(of, "a", "far").passes, "yes");
  for (const source of [of.at("b").mac, "02:00:00:00:00:ff"]) {
    const spoofed = reach(of, { from: of.at("a"), to: of.at("far"), kind: "unicast", source });
    t.is(spoofed.passes, "no");
    t.regex(spoofed.because, /pepa: the filter on eth1 of hv1 drops what a sends with another's address/);
  }
});

test("a pepa VM hears nothing that left by its own uplink, and its filter stops nobody else's", (t) => {
  const pepa = macvtap("private", { filtered: true });
  const of = fabric(
    { a: pepa, b: macvtap("vepa"), c: macvtap("vepa"), host: { kind: "host", on: "eth1" }, far: pepa },
    {
      reflects: true,
    },
  );
  const says = (from: string, to: string, kind: FrameKind, source: string) =>
    reach(of, { from: of.at(from), to: of.at(to), kind, source }).passes;
  for (const kind of ["unicast", "broadcast"] as const) {
    for (const source of ["host", "b", "c"]) {
      t.is(says("b", "a", kind, of.at(source).mac), "no", `${kind} as ${source}`);
      t.is(says("far", "a", kind, of.at("far").mac), "yes");
    }
    t.is(says("host", "a", kind, of.at("host").mac), "no");
    t.is(says("b", "a", kind, "02:00:00:00:00:ff"), "no");
    t.is(says("b", "c", kind, "02:00:00:00:00:ff"), "yes");
    t.is(says("b", "far", kind, "02:00:00:00:00:ff"), "yes");
  }
});

test("who claims a pepa VM's address is dropped between macvtaps in bridge mode as well, but for broadcasts", (t) => {
  const vms = { liar: macvtap("bridge"), b: macvtap("bridge"), pepa: macvtap("private", { filtered: true }) };
  const of = fabric(vms, { reflects: false });
  const lie = { from: of.at("liar"), to: of.at("b"), source: of.at("pepa").mac };
  t.is(reach(of, { ...lie, kind: "unicast" }).passes, "no");
  t.is(reach(of, { ...lie, kind: "broadcast" }).passes, "yes");
  t.is(passes(of, "liar", "b").passes, "yes");
});

test("ports of a Linux bridge reach each other unless both are isolated", (t) => {
  const of = fabric(
    { a: port(), b: port(true), c: port(true), far: macvtap("vepa") },
    { bridge: "br0", reflects: false },
  );
  t.deepEqual(passes(of, "a", "b"), { passes: "yes", by: ["bridge"], because: "" });
  t.is(passes(of, "b", "c").because, "both are isolated ports of br0");
  t.deepEqual(passes(of, "b", "far").by, ["bridge", "switch"]);
});

test("under a switch that reflects a Linux bridge loses its own VMs, and far ones lose them too", (t) => {
  const of = fabric({ a: port(), b: port(), far: macvtap("vepa") }, { bridge: "br0", reflects: true });
  t.is(passes(of, "a", "b").passes, "no");
  t.regex(
    passes(of, "far", "a").because,
    /returned its broadcasts to br0 of hv1, which now seeks it behind the uplink/,
  );
  t.is(passes(of, "a", "far").passes, "yes");
  t.is(passes(of, "a", "b", "broadcast").passes, "yes");
});

test("without allMulticast it is unknown which groups are heard", (t) => {
  const of = fabric({ a: macvtap("bridge"), b: macvtap("bridge", { allMulticast: false }) }, { reflects: false });
  t.is(passes(of, "a", "b", "multicast").passes, "unknown");
  t.is(passes(of, "a", "b", "broadcast").passes, "yes");
});

test("hosts whose networks nobody has named may or may not be connected; those of different names are not", (t) => {
  const vms = { a: macvtap("vepa"), far: macvtap("vepa") };
  const of = fabric(vms, { reflects: false });
  const [near, far] = of.uplinks;
  if (near === undefined || far === undefined) return t.fail();
  const { segment: _, ...nameless } = far;
  t.is(passes({ ...of, uplinks: [near, nameless] }, "a", "far").passes, "unknown");
  const apart = passes({ ...of, uplinks: [near, { ...far, segment: "dmz" }] }, "a", "far");
  t.is(apart.because, "eth1 of hv1 and eth1 of hv2 are in different networks");
});

test("two talk when broadcasts and unicast pass both ways", (t) => {
  const of = fabric({ a: macvtap("vepa"), b: macvtap("bridge") }, { reflects: true });
  const pairs = reachability(of);
  const [there, back] = [pairs.find(({ from }) => from === "a"), pairs.find(({ from }) => from === "b")];
  if (there === undefined || back === undefined) return t.fail();
  t.is(talk(there, back).passes, "yes");
});

test("planned interfaces make a fabric; one whose realization is not known yet is named instead", (t) => {
  const uplink = { kind: "Uplink", host: "hv1", nic: "eth1", reflectiveRelay: "active" } as const;
  const bridge = { kind: "HostBridge", host: "hv1", type: "ethernet", uplink, mode: "all" } as const;
  const planned = (name: string, kind: string) => ({
    name,
    host: "hv1",
    mac: mac(1),
    realization: { kind, source: "eth1" },
    bridge,
  });
  const { fabric: made, missing } = fabricOf([planned("a", "macvtap-vepa"), planned("b", "unknown")]);
  t.deepEqual(missing, ["b"]);
  t.deepEqual(made.uplinks, [{ host: "hv1", nic: "eth1", reflects: true }]);
  t.like(made.stations[0]?.attachment, { kind: "macvtap", mode: "vepa", uplink: "eth1" });
});

test("the hosts' own stacks are stations where that is asked for, but not on an uplink that a VM has for itself", (t) => {
  const uplink = (nic: string) => ({ kind: "Uplink", host: "hv1", nic, reflectiveRelay: "absent" }) as const;
  const on = (nic: string, kind: string) => ({
    name: `${kind} ${nic}`,
    host: "hv1",
    mac: mac(1),
    realization: { kind, source: kind === "linux-bridge" ? "br0" : nic },
    bridge: { kind: "HostBridge", host: "hv1", type: "ethernet", uplink: uplink(nic), mode: "all" } as const,
  });
  const interfaces = [on("eth1", "macvtap-vepa"), on("eth2", "linux-bridge"), on("eth3", "macvtap-passthrough")];
  const { fabric: made } = fabricOf(interfaces, () => undefined, { hosts: true });
  const between = (one: string, other: string) =>
    reachability(made).find(({ from, to }) => from === one && to === other)?.reach.unicast;
  t.is(between("macvtap-vepa eth1", hostItself("hv1", "eth1"))?.passes, "no");
  t.deepEqual(between("linux-bridge eth2", hostItself("hv1", "eth2"))?.by, ["bridge"]);
  t.is(made.stations.length, 5);
  t.is(fabricOf(interfaces).fabric.stations.length, 3);
});

test("what a Linux bridge's own stack sends and hears is not lost under a switch that reflects", (t) => {
  const of = fabric({ a: port(), host: { kind: "host", on: "br0" } }, { bridge: "br0", reflects: true });
  t.is(passes(of, "a", "host").passes, "yes");
  t.is(passes(of, "host", "a").passes, "no");
  t.is(reach(of, { from: of.at("a"), to: of.at("host"), kind: "unicast", source: of.at("host").mac }).passes, "yes");
});

test("a matrix as text and as a picture, and the fleet as a flowchart, hold every name as it is", (t) => {
  const of = fabric({ "a<&>": macvtap("private"), 'b"': macvtap("vepa"), far: macvtap("bridge") }, { reflects: true });
  const pairs = reachability(of);
  t.is(
    matrixText(pairs),
    [
      'from \\ to  a<&>                b"                  far',
      "a<&>       ·                   yes (broadcast no)  yes",
      'b"         yes (broadcast no)  ·                   yes',
      "far        yes                 yes                 ·",
    ].join("\n"),
  );
  const svg = matrixSvg(pairs);
  t.true(XMLValidator.validate(svg) === true);
  t.true(svg.includes("a&lt;&amp;&gt;"));
  t.regex(mermaid(of), /^flowchart TB\n.*vm1\["b'"\].*vm1 -- vepa --- nic0\n.*nic0 -- reflects --- net0\n/s);
});
