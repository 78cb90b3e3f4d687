import test from "ava";
import { explain, plan, refusal, relevantFacts } from "../../provider/planning/index.ts";
import type { UplinkRef } from "../../provider/schema/ref.ts";
import { asked } from "./asked.ts";
import { facts, link } from "./facts.ts";
import {
  alias,
  embedded,
  embeddedOn,
  ethernet,
  host,
  type Nic,
  ofVf,
  rulesOf,
  told,
  uplink,
  verdict,
} from "./vf-verdicts.ts";

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

test("a VF in VEPA reaches its neighbours only by a switch that reflects, as a macvtap does", (t) => {
  const inVepa = (reflectiveRelay: UplinkRef["reflectiveRelay"]) =>
    asked(embeddedOn({ embeddedSwitch: "vepa", reflectiveRelay }), { mode: "vepa", needs: ["vm-to-vm"] });
  const known = host({ driver: "ixgbe" });
  t.deepEqual(rulesOf("vf-vepa", inVepa("unknown"), known), ["need-served"]);
  t.regex(told("vf-vepa", inVepa("unknown"), known), /reflects.*nobody has said.*assume/s);
  t.regex(told("vf-vepa", inVepa("absent"), known), /which is not so/);
  t.deepEqual(rulesOf("vf-vepa", inVepa("active"), known), []);
});

test("a VF that is to migrate is refused with what to do instead", (t) => {
  const request = asked(embedded, { needs: ["live-migration", "hardware-path"] });
  t.regex(
    told("vf-veb", request, host()),
    /teamed with a virtio NIC.*; this version teams no VF with a virtio NIC: drop/,
  );
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
