import { readFileSync } from "node:fs";
import test from "ava";
import fc from "fast-check";
import { explain, type PlanRequest, plan, refusal, rules, uplinkFacts } from "../../provider/planning/index.ts";
import { capabilities, driverCapabilities } from "../../provider/schema/capability.ts";
import type { HostFacts, LinkFacts } from "../../provider/schema/facts.ts";
import { bridgeTypes, bridgingModes, embeddedSwitchModes, reflectiveRelayStates } from "../../provider/schema/mode.ts";
import type { HostBridgeRef } from "../../provider/schema/ref.ts";
import { asked } from "./asked.ts";
import { bridgeLink, facts, link } from "./facts.ts";

const uplink = { kind: "Uplink", host: "hv1", nic: "eth1", reflectiveRelay: "unknown" } as const;
const ethernet: HostBridgeRef = { kind: "HostBridge", host: "hv1", type: "ethernet", uplink, mode: "all" };
const hypervisor: HostBridgeRef = { ...ethernet, type: "hypervisor", device: "br-lan" };
const existing: HostBridgeRef = { kind: "HostBridge", host: "hv1", type: "existing", device: "br0", mode: "all" };

const kindOf = (request: PlanRequest, known?: Parameters<typeof plan>[1]) => plan(request, known).realization?.kind;
const rulesOf = (request: PlanRequest, known?: Parameters<typeof plan>[1]) =>
  plan(request, known).verdicts.flatMap(({ rejections }) => rejections.map(({ rule }) => rule));

test("without a mode it is veb: a tap on a Linux bridge, a macvtap in bridge mode on the uplink itself", (t) => {
  t.is(kindOf(asked(hypervisor)), "linux-bridge");
  t.is(kindOf(asked(existing)), "linux-bridge");
  t.is(kindOf(asked(ethernet)), "macvtap-bridge");
});

test("a mode is realized by the macvtap that has it, on the uplink", (t) => {
  t.like(plan(asked(ethernet, { mode: "vepa" })).realization, { kind: "macvtap-vepa", source: "eth1" });
  t.is(kindOf(asked(ethernet, { mode: "veb" })), "macvtap-bridge");
});

test("pepa is a macvtap in private mode on the uplink itself, and on no bridge", (t) => {
  t.like(plan(asked(ethernet, { mode: "pepa" })).realization, { kind: "macvtap-private", source: "eth1" });
  t.is(kindOf(asked(ethernet, { needs: ["isolation"] })), "macvtap-private");
  t.is(kindOf(asked(ethernet, { mode: "pepa", needs: ["vm-to-vm"] })), undefined);
  for (const bridge of [hypervisor, existing]) t.is(kindOf(asked(bridge, { mode: "pepa" })), undefined);
});

test("pepa is refused where its filter can't be made, with what it takes; what is not known refuses nothing", (t) => {
  const pepa = asked(ethernet, { mode: "pepa" });
  const on = (different: Partial<HostFacts>): HostFacts => ({ ...facts([link("eth1")]), ...different });
  const cases: readonly (readonly [Partial<HostFacts>, RegExp])[] = [
    [{ tools: { nft: null } }, /there is no nft on hv1.*install nftables on hv1/],
    [{ tools: { nft: "0.9.8" } }, /takes nft 1\.0\.1, and hv1 has 0\.9\.8/],
    [{ kernel: "5.10.0-30-amd64" }, /takes Linux 5\.16 .*hv1 runs 5\.10\.0-30-amd64/],
    [{ libvirt: { version: "5.0.0", running: true, problem: null } }, /takes libvirt 5\.8\.0, the host has 5\.0\.0/],
  ];
  for (const [different, says] of cases) {
    t.regex(refusal(plan(pepa, on(different))).reason, says);
    t.is(kindOf(asked(ethernet, { mode: "vepa" }), on(different)), "macvtap-vepa");
    t.deepEqual(uplinkFacts(on(different), link("eth1")).supportedModes.ethernet, ["veb", "vepa"]);
  }
  for (const tools of [{}, { nft: "1.0.6" }]) t.is(kindOf(pepa, on({ tools })), "macvtap-private");
  t.deepEqual(uplinkFacts(on({}), link("eth1")).supportedModes.ethernet, ["veb", "vepa", "pepa"]);
});

test("pepa and a guest that may change its address exclude each other", (t) => {
  const { property, reason } = refusal(plan(asked(ethernet, { mode: "pepa", options: ["trustGuestRxFilters"] })));
  t.is(property, "trustGuestRxFilters");
  t.regex(reason, /pepa holds a guest to its one address.*leave trustGuestRxFilters out/);
});

test("needs choose the mode, and are told when nothing serves them", (t) => {
  t.is(kindOf(asked(ethernet, { needs: ["switch-visible"] })), "macvtap-vepa");
  t.is(kindOf(asked(ethernet, { needs: ["vm-to-vm"] })), "macvtap-bridge");
  const { property, reason } = refusal(plan(asked(ethernet, { needs: ["host-filtering"] })));
  t.is(property, "needs");
  t.regex(reason, /host-filtering/);
});

test("isolation on a Linux bridge is that of an isolated port, and not there without it", (t) => {
  const needs = ["isolation"] as const;
  for (const bridge of [hypervisor, existing]) {
    t.is(kindOf(asked(bridge, { needs, options: ["isolated"] })), "linux-bridge");
    const { property, reason } = refusal(plan(asked(bridge, { needs })));
    t.is(property, "needs");
    t.regex(reason, /veb by a tap on the Linux bridge: it gives isolation only if its port is isolated .*not so/);
  }
});

test("what nobody knows of the switch is not taken for yes; what is stated is", (t) => {
  const both = { needs: ["vm-to-vm", "switch-visible"] } as const;
  t.is(kindOf(asked(ethernet, both)), undefined);
  t.regex(refusal(plan(asked(ethernet, both))).reason, /reflects.*nobody has said.*assume/s);
  const reflecting = { ...ethernet, uplink: { ...uplink, reflectiveRelay: "active" } } as const;
  t.is(kindOf(asked(reflecting, both)), "macvtap-vepa");
  const dull = { ...ethernet, uplink: { ...uplink, reflectiveRelay: "absent" } } as const;
  t.regex(refusal(plan(asked(dull, both))).reason, /which is not so/);
});

test("a Linux bridge is refused on a port that is stated to reflect", (t) => {
  const reflecting = { ...hypervisor, uplink: { ...uplink, reflectiveRelay: "active" } } as const;
  t.true(rulesOf(asked(reflecting)).includes("no-bridge-on-reflecting-port"));
  t.is(kindOf(asked(reflecting)), undefined);
  const requesting = { ...hypervisor, uplink: { ...uplink, relayRequested: true } } as const;
  t.true(rulesOf(asked(requesting)).includes("no-bridge-on-reflecting-port"));
});

test("a NIC in somebody's bridge takes no macvtap, and the bridge is named", (t) => {
  const known = facts([link("eth1", { master: "br0" }), bridgeLink("br0")]);
  t.is(kindOf(asked(ethernet), known), undefined);
  t.regex(refusal(plan(asked(ethernet), known)).reason, /a port of the bridge br0/);
});

test("a realization in place is kept while it serves, and left when it does not", (t) => {
  const current = "macvtap-vepa";
  t.like(plan(asked(ethernet, { current })).realization, {
    kind: "macvtap-vepa",
    because: ["kept", "bridge-type-ethernet"],
  });
  t.is(kindOf(asked(ethernet, { current, needs: ["vm-to-vm"] })), "macvtap-bridge");
});

test("a switch is told of a port by lldpad, on a VLAN link; what is not known refuses nothing", (t) => {
  const told = asked(ethernet, { mode: "vepa", options: ["vsi"] });
  const on = (uplinkLink: Partial<LinkFacts>, lldpad?: boolean): HostFacts => ({
    ...facts([link("eth1", uplinkLink), link("eno1")]),
    ...(lldpad === undefined ? {} : { lldpad }),
  });
  const vlan = { kind: "vlan", lower: "eno1", vlanId: 100 } as const;
  const refused = (known: HostFacts) => refusal(plan(told, known));
  t.is(kindOf(told), "macvtap-vepa");
  t.is(kindOf(told, on(vlan)), "macvtap-vepa");
  t.is(kindOf(told, on(vlan, true)), "macvtap-vepa");
  t.is(kindOf(told, on({ kind: "vlan", lower: "eno1" }, true)), "macvtap-vepa");
  t.is(kindOf(asked(ethernet, { options: ["vsi"] }), on(vlan, true)), "macvtap-bridge");
  t.is(refused(on(vlan, false)).property, "vsi");
  t.regex(refused(on(vlan, false)).reason, /lldpad does not run on hv1.*install and start lldpad on hv1/);
  t.regex(refused(on({}, true)).reason, /eth1 of hv1 is no VLAN link.*give the VLAN \(vlan: 100\)/);
  t.regex(refused(on({ ...vlan, vlanId: 0 }, true)).reason, /eth1 of hv1 has the VLAN 0/);
  t.is(kindOf(asked(ethernet, { mode: "vepa" }), on({}, false)), "macvtap-vepa", "asked for nothing, refused nothing");
});

test("only of a macvtap that libvirt makes is a switch told", (t) => {
  const known = facts([link("eth1", { kind: "vlan", lower: "eno1", vlanId: 100 }), link("eno1"), bridgeLink("br-lan")]);
  for (const [request, says] of [
    [asked(ethernet, { mode: "pepa", options: ["vsi"] }), /libvirt refuses it/],
    [asked(hypervisor, { options: ["vsi"] }), /of a macvtap's port only/],
  ] as const) {
    t.is(kindOf(request, known), undefined);
    t.is(refusal(plan(request, known)).property, "vsi");
    t.regex(refusal(plan(request, known)).reason, says);
  }
});

test("options that libvirt does not give this kind of interface are refused on the option", (t) => {
  t.is(refusal(plan(asked(ethernet, { options: ["filter"] }))).property, "filter");
  t.is(refusal(plan(asked(ethernet, { options: ["mtu"] }))).property, "mtu");
  t.is(kindOf(asked(hypervisor, { options: ["filter", "isolated", "mtu"] })), "linux-bridge");
});

test("options that the host's libvirt is too old for are refused with the version it takes", (t) => {
  const old = facts([link("eth1"), bridgeLink("br-lan")], "6.0.0");
  t.regex(
    refusal(plan(asked(hypervisor, { options: ["isolated"] }), old)).reason,
    /takes libvirt 6\.1\.0, the host has 6\.0\.0/,
  );
});

test("every candidate is explained, the taken one first", (t) => {
  const lines = explain(plan(asked(ethernet, { mode: "vepa" })));
  t.is(lines.length, plan(asked(ethernet)).verdicts.length);
  t.regex(lines[0] ?? "", /^taken: vepa/);
  t.true(lines.slice(1).every((line) => line.startsWith("rejected: ")));
});

test("what the README quotes of an explanation is what is said", (t) => {
  const [quoted] = explain(plan(asked(ethernet, { needs: ["vm-to-vm"] }))).filter((line) => line.includes("vepa mode"));
  t.true(
    readFileSync("README.md", "utf8")
      .replaceAll(/\s+/g, " ")
      .includes(quoted ?? "nothing"),
    quoted,
  );
});

test("every rule has a source, and an id of its own", (t) => {
  t.is(new Set(rules.map(({ id }) => id)).size, rules.length);
  t.true(rules.every(({ source }) => source.length > 0));
});

const requests = fc.record({
  bridge: fc.record({
    kind: fc.constant("HostBridge" as const),
    host: fc.constant("hv1"),
    type: fc.constantFrom(...bridgeTypes),
    uplink: fc.record({
      kind: fc.constant("Uplink" as const),
      host: fc.constant("hv1"),
      nic: fc.constantFrom("eth1", "eth2"),
      reflectiveRelay: fc.constantFrom(...reflectiveRelayStates),
      embeddedSwitch: fc.constantFrom(undefined, ...embeddedSwitchModes),
      vfCapabilities: fc.option(fc.subarray([...driverCapabilities]), { nil: undefined }),
    }),
    device: fc.constantFrom("br-lan", "br0"),
    mode: fc.oneof(fc.constant("all" as const), fc.subarray([...bridgingModes], { minLength: 1 })),
  }),
  mode: fc.option(fc.constantFrom(...bridgingModes), { nil: undefined }),
  needs: fc.subarray([...capabilities], { maxLength: 3 }),
  mtu: fc.option(fc.integer({ min: 68, max: 9000 }), { nil: undefined }),
  options: fc.constant([]),
  allMulticast: fc.boolean(),
  current: fc.option(fc.constantFrom("linux-bridge", "macvtap-vepa", "nonsense"), { nil: undefined }),
});

test("the planner is total and deterministic, and never realizes another mode than the one asked for", (t) => {
  const nic = { driver: "ixgbe", pci: "0000:3b:00.0", speedMbps: 10_000, iommuGroup: 14 };
  const withVfs = link("eth1", { nic: { ...nic, sriov: { totalVfs: 63, vfs: 4 } } });
  const others = [link("eth2", { master: "br0" }), bridgeLink("br0")];
  const known = fc.constantFrom(undefined, facts([link("eth1"), ...others]), facts([withVfs, ...others]));
  t.notThrows(() =>
    fc.assert(
      fc.property(requests, known, (request, seen) => {
        const decide = () => plan(request, seen);
        const decided = decide();
        t.deepEqual(decide(), decided);
        if (decided.realization === undefined) return refusal(decided).reason.length > 0;
        const { mode, bridge } = request;
        if (decided.verdicts.some(({ taken, candidate }) => taken && candidate.notMade !== undefined)) return false;
        const allowed = bridge.mode === "all" || bridge.mode.some((each) => each === decided.mode);
        return allowed && (mode === undefined || decided.mode === mode);
      }),
    ),
  );
});
