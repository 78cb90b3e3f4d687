import test from "ava";
import { parseDomainXml } from "../../provider/discovery/domain-xml.ts";
import {
  bridgeEvidence,
  candidates,
  capabilityTable,
  explain,
  type PlanRequest,
  plan,
  relevantFacts,
  uplinkEvidence,
  uplinkFacts,
} from "../../provider/planning/index.ts";
import { capabilities, driverCapabilities } from "../../provider/schema/capability.ts";
import type { HostFacts } from "../../provider/schema/facts.ts";
import type { UplinkRef } from "../../provider/schema/ref.ts";
import { asked } from "./asked.ts";
import { facts, link } from "./facts.ts";
import { alias, embedded, embeddedOn, ethernet, host, ofVf, rulesOf, told, uplink, verdict } from "./vf-verdicts.ts";

const last = "made-by-this-version";

test("the guest has a VF where nothing speaks against it, and a macvtap on one where no guest can have it", (t) => {
  const taken = (request: PlanRequest, known: HostFacts) => plan(request, known).realization;
  t.like(taken(asked(embedded), host()), { kind: "vf-veb", source: "eth1" });
  t.like(taken(asked(embedded), host({ iommuGroup: null })), { kind: "vf-passthrough", source: "eth1" });
  const inVepa = asked(embeddedOn({ embeddedSwitch: "vepa" }), { mode: "vepa" });
  t.like(taken(inVepa, host({ driver: "ixgbe" })), { kind: "vf-vepa" });
  const inHardware = asked(embedded, { needs: ["hardware-path"] });
  t.is(taken(inHardware, host({ iommuGroup: null })), undefined);
});

test("of a VF that is named only this one counts: that it is there, and nobody else's", (t) => {
  const given = { kind: "SriovVirtualFunction", host: "hv1", uplink, vfIndex: 1 } as const;
  const wants = (index: number) => asked(embedded, { vf: { index, alias, given: { ...given, vfIndex: index } } });
  const known = host({ functions: [ofVf(0, "vfio-pci"), ofVf(1, "igbvf")] });
  t.deepEqual(rulesOf("vf-veb", wants(1), known), []);
  t.deepEqual(rulesOf("vf-veb", wants(0), known), [], "whoever names it may have bound it so");
  t.deepEqual(rulesOf("vf-veb", asked(embedded, { vf: { index: 0, alias } }), known), ["vf-free"]);
  const holder = { uuid: "", running: false, persistent: true, live: [], config: [], hostDevices: ["0000:3b:10.0"] };
  const held = { ...known, domains: [{ name: "web", ...holder }] };
  t.regex(told("vf-veb", wants(0), held), /VF 0 of eth1 of hv1 is not free: the domain web \(shut off\)/);
  t.is(verdict("vf-veb", wants(0), held)[0]?.property, "vf");
  t.deepEqual(rulesOf("vf-veb", wants(2), known), ["vf-enabled"]);
  t.regex(told("vf-veb", wants(2), known), /there is no VF 2 on eth1 of hv1: 2 are made/);
});

test("a VF that a domain has in this very interface is its own, one of another interface is not", (t) => {
  const held = host({ functions: [ofVf(0, "vfio-pci"), ofVf(1, "vfio-pci")] });
  const nic = parseDomainXml(
    `<domain><devices><interface type="hostdev"><mac address="52:54:00:00:00:01"/><source>
      <address type="pci" domain="0x0000" bus="0x3b" slot="0x10" function="0x0"/></source><alias name="${alias}"/></interface></devices></domain>`,
  ).interfaces;
  const domain = { name: "web", uuid: "", running: true, persistent: true, live: nic, config: nic };
  const known = { ...held, domains: [domain] };
  t.deepEqual(rulesOf("vf-veb", asked(embedded, { vf: { index: 0, alias } }), known), []);
  t.deepEqual(rulesOf("vf-veb", asked(embedded, { vf: { index: 0, alias: "ua-other" } }), known), ["vf-free"]);
  t.is(relevantFacts(known, { nic: "eth1" }).domains[0]?.live.length, 1, "and check is given what tells it");
});

test("in which mode the NIC's switch is, nobody guesses: it is stated, or there is but one", (t) => {
  const rule = "vf-embedded-mode";
  const decide = (driver: string, stated: Partial<UplinkRef>) =>
    (["veb", "vepa"] as const).map((mode) => {
      const request = asked(embeddedOn(stated), { mode });
      return rulesOf(`vf-${mode}`, request, host({ driver })).join();
    });
  t.deepEqual(decide("igb", {}), ["", rule]);
  t.deepEqual(decide("igb", { embeddedSwitch: "vepa" }), ["", rule], "igb can't, whoever says so");
  for (const driver of ["ixgbe", "mlx5_core", "of-tomorrow"]) {
    t.deepEqual(decide(driver, {}), [rule, rule]);
    t.deepEqual(decide(driver, { embeddedSwitch: "veb" }), ["", rule]);
    t.deepEqual(decide(driver, { embeddedSwitch: "vepa" }), [rule, ""]);
  }
  const vepa = asked(embedded, { mode: "vepa" });
  t.regex(told("vf-vepa", vepa, host({ driver: "ixgbe" })), /hwmode vepa, and say so.*embeddedSwitch: "vepa"/);
  t.regex(told("vf-vepa", vepa, host({ driver: "of-tomorrow" })), /hwmode vepa if its driver can/);
  t.regex(
    told("vf-vepa", vepa, host({ driver: "igb" })),
    /by its driver igb, knows VEB alone; .*a bridge of type ethernet/,
  );
  t.deepEqual(rulesOf("vf-vepa", vepa), [], "without facts it is told at the update");
});

test("of what the NIC decides only what is stated is served", (t) => {
  for (const need of driverCapabilities.filter((each) => capabilityTable["vf-veb"][each].ability === "driver")) {
    const request = (stated: Partial<UplinkRef>) => asked(embeddedOn(stated), { mode: "veb", needs: [need] });
    t.deepEqual(rulesOf("vf-veb", request({}), host()), ["need-served"]);
    t.regex(told("vf-veb", request({}), host()), new RegExp(`nobody has said; .*vfCapabilities: \\["${need}"\\]`));
    t.deepEqual(rulesOf("vf-veb", request({ vfCapabilities: [need] }), host()), []);
  }
  t.regex(
    told("vf-veb", asked(embedded, { needs: ["multicast", "host-filtering"] }), host()),
    /nobody has said; it does not give host-filtering .*vfCapabilities.*; and drop the need/,
  );
});

test("what can be stated of a NIC is what the table leaves to it", (t) => {
  const left = Object.values(capabilityTable).flatMap((row) =>
    capabilities.filter((capability) => row[capability].ability === "driver"),
  );
  t.deepEqual([...new Set(left)].sort(), [...driverCapabilities].sort());
});

test("a macvtap in passthrough mode takes an uplink that is free of others and of the host's addresses", (t) => {
  const request = asked(ethernet, { needs: ["multiple-macs"] });
  const kind = "macvtap-passthrough";
  t.deepEqual(rulesOf(kind, request, facts([link("eth1")])), [last]);
  const beside = link("mv0", { kind: "macvtap", lower: "eth1", macvtapMode: "vepa", nic: null });
  t.deepEqual(rulesOf(kind, request, facts([link("eth1"), beside])), ["passthrough-alone"]);
  const ofHost = facts([link("eth1", { addresses: ["192.0.2.7/24", "fe80::1/64"] })]);
  t.deepEqual(rulesOf(kind, request, ofHost), ["passthrough-host-address"]);
  t.deepEqual(rulesOf(kind, request, facts([link("eth1", { addresses: ["fe80::1/64"] })])), [last]);
  t.regex(told(kind, request), /gives no VM a whole uplink; use a bridge of type hypervisor/);
});

test("the one taken is told with its cost and what it gives up, as data and in words", (t) => {
  const decided = plan(asked(ethernet, { mode: "vepa" }), facts([link("eth1")]));
  t.is(decided.cost, 2);
  t.deepEqual([...(decided.givesUp ?? [])].sort(), ["hardware-path", "host-filtering", "isolation", "multiple-macs"]);
  t.is(
    explain(decided)[0],
    "taken: vepa by a macvtap in vepa mode (cost 2); gives up isolation, host-filtering, multiple-macs, hardware-path",
  );
  const free = plan(asked(ethernet), facts([link("eth1")]));
  t.true(explain(free).includes("possible: vepa by a macvtap in vepa mode (cost 2)"));
});

test("what an uplink supports tells of the NIC's own switch where there is one, and only there", (t) => {
  const known = host();
  const [nic] = known.links;
  if (nic === undefined) return t.fail();
  const ofSwitch = uplinkEvidence(known, nic).filter(({ type }) => type === "embedded");
  t.deepEqual(
    ofSwitch.map(({ mode, supported, rules }) => [mode, supported, ...rules]),
    [
      ["veb", "yes"],
      ["vepa", "no", "vf-embedded-mode"],
      ["pepa", "no", "bridge-type"],
    ],
  );
  t.deepEqual(uplinkFacts(known, nic).supportedModes.embedded, ["veb"]);
  t.deepEqual(bridgeEvidence(embedded, known), ofSwitch);
  const plain = link("eth1");
  t.false(uplinkEvidence(facts([plain]), plain).some(({ type }) => type === "embedded"));
  t.false("embedded" in uplinkFacts(facts([plain]), plain).supportedModes);
});

test("nothing is taken that this version does not make", (t) => {
  const known = host();
  for (const bridge of [embedded, ethernet]) {
    for (const need of capabilities) {
      const { realization } = plan(asked(bridge, { needs: [need] }), known);
      const taken = candidates.find(({ kind }) => kind === realization?.kind);
      t.is(taken?.notMade, undefined, `${bridge.type} ${need}`);
    }
  }
});
