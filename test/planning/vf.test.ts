import test from "ava";
import { parseDomainXml } from "../../provider/discovery/domain-xml.ts";
import {
  bridgeEvidence,
  candidates,
  capabilityTable,
  explain,
  type PlanRequest,
  plan,
  refusal,
  relevantFacts,
  uplinkEvidence,
  uplinkFacts,
} from "../../provider/planning/index.ts";
import { capabilities, driverCapabilities } from "../../provider/schema/capability.ts";
import type { HostFacts, LinkFacts, VirtualFunctionFacts } from "../../provider/schema/facts.ts";
import type { HostBridgeRef, UplinkRef } from "../../provider/schema/ref.ts";
import { asked } from "./asked.ts";
import { facts, link } from "./facts.ts";

const uplink: UplinkRef = { kind: "Uplink", host: "hv1", nic: "eth1", reflectiveRelay: "unknown" };
const embeddedOn = (stated: Partial<UplinkRef> = {}): HostBridgeRef => ({
  kind: "HostBridge",
  host: "hv1",
  type: "embedded",
  uplink: { ...uplink, ...stated },
  mode: "all",
});
const embedded = embeddedOn();
const ethernet: HostBridgeRef = { ...embedded, type: "ethernet" };

interface Nic {
  readonly driver?: string;
  readonly vfs?: number;
  readonly iommuGroup?: number | null;
  readonly functions?: readonly VirtualFunctionFacts[];
}

/** A host whose eth1 has SR-IOV, two VFs made, in an IOMMU group, all as it should be unless told otherwise. */
const host = (different: Nic = {}, others: readonly LinkFacts[] = []): HostFacts => {
  const { driver = "igb", vfs = 2, iommuGroup = 14, functions } = different;
  const sriov = { totalVfs: 7, vfs, ...(functions === undefined ? {} : { functions: [...functions] }) };
  return facts([link("eth1", { nic: { driver, pci: "0000:3b:00.0", speedMbps: 1000, sriov, iommuGroup } }), ...others]);
};

const verdict = (kind: string, request: PlanRequest, known?: HostFacts) => {
  const found = plan(request, known).verdicts.find(({ candidate }) => candidate.kind === kind);
  if (found === undefined) throw new Error(`no candidate ${kind}`);
  return found.rejections;
};
const rulesOf = (kind: string, request: PlanRequest, known?: HostFacts) =>
  verdict(kind, request, known).map(({ rule }) => rule);
const told = (kind: string, request: PlanRequest, known?: HostFacts) =>
  verdict(kind, request, known)
    .map(({ reason, remedy }) => `${reason}; ${remedy ?? ""}`)
    .join("\n");

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

test("where the NIC speaks against a VF, its reasons are told", (t) => {
  const cases: readonly (readonly [Nic | null, readonly string[], RegExp])[] = [
    [null, ["vf-sriov"], /eth1 of hv1 has no SR-IOV; enable it in the NIC's firmware/],
    [
      { vfs: 0 },
      ["vf-enabled"],
      /no VFs are made on eth1 of hv1; make them: numVfs of its Uplink.*sriov_numvfs, at most 7/,
    ],
    [{ iommuGroup: null }, ["vf-iommu"], /eth1 of hv1 is in no IOMMU group/],
    [{ vfs: 0, iommuGroup: null }, ["vf-enabled", "vf-iommu"], /intel_iommu=on/],
  ];
  for (const [nic, expected, says] of cases) {
    const known = nic === null ? facts([link("eth1")]) : host(nic);
    t.deepEqual(rulesOf("vf-veb", asked(embedded), known), expected);
    t.regex(told("vf-veb", asked(embedded), known), says);
  }
  t.deepEqual(rulesOf("vf-passthrough", asked(embedded), host({ iommuGroup: null })), []);
  t.deepEqual(rulesOf("vf-veb", asked(embeddedOn({ numVfs: 4 })), host({ vfs: 0 })), [], "its Uplink makes them");
});

const alias = "ua-web";
const ofVf = (index: number, driver: string | null): VirtualFunctionFacts => ({
  index,
  pci: `0000:3b:10.${index}`,
  driver,
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

test("a VF has one VLAN, and libvirt sets it without priority", (t) => {
  const rule = "vf-vlan";
  const trunk = asked(embedded, { vlan: { tagged: [7, 8] } });
  for (const kind of ["vf-veb", "vf-passthrough"]) t.deepEqual(rulesOf(kind, trunk, host()), [rule]);
  t.deepEqual(rulesOf("vf-veb", asked(embedded, { vlan: 7 }), host()), []);
  const ref = { kind: "SriovVirtualFunction", host: "hv1", uplink, vfIndex: 0, vlan: 7 } as const;
  const of = (more: object) => asked(embedded, { vf: { index: 0, alias, given: { ...ref, ...more } } });
  t.deepEqual(rulesOf("vf-veb", of({}), host()), []);
  t.regex(told("vf-veb", of({ qos: 3 }), host()), /the priority 3, and libvirt sets the VLAN anew.*leave qos/);
  t.regex(told("vf-veb", of({ vlanProtocol: "802.1ad" }), host()), /a VLAN of 802\.1ad/);
});

test("a NIC without SR-IOV is told with the host's NICs that have it", (t) => {
  const able = host().links[0];
  if (able === undefined) return t.fail();
  const known = facts([link("eth1"), { ...able, name: "eth7" }]);
  t.regex(told("vf-veb", asked(embedded), known), /eth7 of that host has it/);
});

test("VFs that are all in somebody's hands are refused by name; one whose holder nobody sees may be free", (t) => {
  const nic = { driver: "igbvf", speedMbps: 1000, sriov: null, iommuGroup: null };
  const linkOfVf = link("eth1v1", { nic: { ...nic, pci: "0000:3b:10.1" } });
  const macvtap = link("mv0", { kind: "macvtap", lower: "eth1v1", macvtapMode: "passthrough", nic: null });
  const held = host({ functions: [ofVf(0, "vfio-pci"), ofVf(1, "igbvf")] }, [linkOfVf, macvtap]);
  t.deepEqual(rulesOf("vf-veb", asked(embedded), held), ["vf-free"]);
  t.regex(told("vf-veb", asked(embedded), held), /no VF of eth1 of hv1 is free: vfio-pci, macvtap mv0 \(eth1v1\)/);
  for (const free of [ofVf(1, null), ofVf(1, "igbvf")]) {
    const known = host({ functions: [ofVf(0, "vfio-pci"), free] }, [linkOfVf]);
    t.deepEqual(rulesOf("vf-veb", asked(embedded), known), []);
  }
  const relevant = relevantFacts(held, { nic: "eth1" });
  t.deepEqual(rulesOf("vf-veb", asked(embedded), relevant), ["vf-free"], "what decides is among what check is given");
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

test("a VF in VEPA reaches its neighbours only by a switch that reflects, as a macvtap does", (t) => {
  const inVepa = (reflectiveRelay: UplinkRef["reflectiveRelay"]) =>
    asked(embeddedOn({ embeddedSwitch: "vepa", reflectiveRelay }), { mode: "vepa", needs: ["vm-to-vm"] });
  const known = host({ driver: "ixgbe" });
  t.deepEqual(rulesOf("vf-vepa", inVepa("unknown"), known), ["need-served"]);
  t.regex(told("vf-vepa", inVepa("unknown"), known), /reflects.*nobody has said.*assume/s);
  t.regex(told("vf-vepa", inVepa("absent"), known), /which is not so/);
  t.deepEqual(rulesOf("vf-vepa", inVepa("active"), known), []);
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

test("a VF that is to migrate is refused with what to do instead", (t) => {
  const request = asked(embedded, { needs: ["live-migration", "hardware-path"] });
  t.regex(
    told("vf-veb", request, host()),
    /teamed with a virtio NIC.*; this version teams no VF with a virtio NIC: drop/,
  );
});

test("what can be stated of a NIC is what the table leaves to it", (t) => {
  const left = Object.values(capabilityTable).flatMap((row) =>
    capabilities.filter((capability) => row[capability].ability === "driver"),
  );
  t.deepEqual([...new Set(left)].sort(), [...driverCapabilities].sort());
});

test("pepa on the NIC's own switch is refused, and what gives it is told", (t) => {
  const decided = plan(asked(embedded, { mode: "pepa" }), host());
  t.is(decided.realization, undefined);
  t.regex(refusal(decided).reason, /pepa by a macvtap in private mode.*a bridge of type ethernet would give it/);
});

test("libvirt's options that a VF can't have are refused on the option", (t) => {
  const rejected = (kind: string) => {
    const options = ["filter", "queues"] as const;
    return verdict(kind, asked(embedded, { mode: "veb", options }), host()).map(({ property }) => property);
  };
  t.deepEqual(rejected("vf-veb"), ["filter"]);
  t.deepEqual(rejected("vf-passthrough"), ["filter"]);
  const queues = asked(embedded, { mode: "veb", options: ["queues"] });
  t.regex(told("vf-veb", queues, host()), /libvirt drops it without a word: the guest drives the VF by itself/);
  t.deepEqual(rulesOf("vf-passthrough", queues, host()), []);
  const limited = asked(embedded, { needs: ["hardware-path"], options: ["bandwidth"] });
  t.regex(told("vf-veb", limited, host()), /limit what the VF sends by maxTxRateMbps of its SriovVirtualFunction/);
});

test("on another type of bridge a VF is not advised, and refusals do not tell of it", (t) => {
  const decided = plan(asked(ethernet, { needs: ["host-filtering"] }), host());
  const { reason } = refusal(decided);
  t.false(reason.includes("VF"), reason);
  const lines = explain(decided).filter((line) => /\bVF\b/.test(line));
  t.is(lines.length, 3);
  const inHardware = asked(ethernet, { needs: ["hardware-path"] });
  t.regex(refusal(plan(inHardware, host())).reason, /veb by a VF.*a bridge of type embedded would give it/);
  const without = refusal(plan(inHardware, facts([link("eth1")]))).reason;
  t.false(without.includes("embedded"), without);
  for (const line of lines) t.regex(line, /the bridge is of type ethernet \[bridge-type\]$|host-filtering/);
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
