import test from "ava";
import {
  carriesSession,
  findNic,
  linksAbove,
  nicsBelow,
  relevantFacts,
  uplinkFacts,
} from "../../provider/planning/index.ts";
import { embeddedObjection } from "../../provider/resources/host-bridge-check.ts";
import { complete } from "../../provider/resources/uplink-check.ts";
import type { HostFacts } from "../../provider/schema/facts.ts";
import { bridgeLink, facts, link } from "./facts.ts";

const sriov = { totalVfs: 7, vfs: 0 };
const nic = { driver: "igb", pci: "0000:01:00.0", speedMbps: 1000, sriov, iommuGroup: 1 };
const member = (name: string, active: boolean, mac: string) =>
  link(name, {
    master: "bond0",
    mac: "52:54:00:00:00:b0",
    permanentMac: mac,
    bondPort: { active },
    nic,
    carrier: active,
  });

/** The session's address is on a VLAN link on a bond of two NICs, which is in nothing. */
const hv1: HostFacts = {
  ...facts([
    member("eth1", true, "52:54:00:00:00:01"),
    member("eth2", false, "52:54:00:00:00:02"),
    link("bond0", { kind: "bond", mac: "52:54:00:00:00:b0", bond: { mode: "active-backup", activeMember: "eth1" } }),
    link("bond0.5", { kind: "vlan", lower: "bond0", vlanId: 5, mac: "52:54:00:00:00:b0", addresses: ["10.0.0.1/24"] }),
    link("eth3", { master: "br0", mac: "52:54:00:00:00:03" }),
    bridgeLink("br0"),
    link("tap0", { kind: "tun", master: "br0", nic: null }),
  ]),
  sessionAddress: "10.0.0.1",
  lldp: {
    eth1: { chassis: "a", port: "1", systemName: null, reflectiveRelayAdvertised: true },
    eth2: { chassis: "a", port: "2", systemName: null, reflectiveRelayAdvertised: false },
  },
};

const named = (name: string) => {
  const found = findNic(hv1, name);
  if ("problem" in found) throw new Error(found.problem);
  return found;
};
const names = (links: readonly { readonly name: string }[]) => links.map(({ name }) => name);

test("what stands on a NIC is found at any depth, and what is below as well", (t) => {
  t.deepEqual(names(linksAbove(hv1, named("eth1"))), ["bond0", "bond0.5"]);
  t.deepEqual(names(nicsBelow(hv1, named("bond0.5"))), ["eth1", "eth2"]);
  t.deepEqual(nicsBelow(hv1, named("eth1")), []);
  t.deepEqual(names(linksAbove(hv1, named("eth3"))), ["br0"]);
});

test("the session's address on a VLAN link on a bond protects the bond and its members, also by the facts of one resource", (t) => {
  for (const name of ["bond0.5", "bond0", "eth1", "eth2"]) {
    t.is(carriesSession(hv1, named(name)), "10.0.0.1", name);
    t.is(carriesSession(relevantFacts(hv1, { nic: name }), named(name)), "10.0.0.1", name);
  }
  t.is(carriesSession(hv1, named("eth3")), undefined);
});

test("of a bond neighbour, SR-IOV and carrier are read per member; the relay is advertised when each in use says so", (t) => {
  const found = uplinkFacts(hv1, named("bond0.5"));
  t.like(found, { sriov: null, lldp: null, owner: null, reflectiveRelay: "advertised" });
  t.like(found.members[0], { name: "eth1", driver: "igb", carrier: true, active: true, sriov });
  t.like(found.members[1], { name: "eth2", carrier: false, active: false, lldp: { port: "2" } });
  t.deepEqual(uplinkFacts(hv1, named("eth3")).members, []);
  t.is(uplinkFacts(hv1, named("eth1")).owner, "a member of the bond bond0");
});

test("who names an address means the NIC that owns it, not the bond or VLAN link that has it too", (t) => {
  t.like(findNic(hv1, { mac: "52:54:00:00:00:01" }), { name: "eth1" });
  t.regex(JSON.stringify(findNic(hv1, { mac: "52:54:00:00:00:b0" })), /several NICs of hv1: bond0, bond0\.5/);
  const plain = facts([link("eth1"), link("eth1.5", { kind: "vlan", lower: "eth1", vlanId: 5 })]);
  t.like(findNic(plain, { mac: "52:54:00:00:00:01" }), { name: "eth1" });
});

const failures = (values: object, unknown: ReadonlySet<string> = new Set()) =>
  complete({ values: { host: "hv1", ...values }, unknown, olds: {}, seed: "", facts: hv1, hints: {} }).failures;

test("a bond's member is no uplink, and a stack's MTU is that of what is below at most", (t) => {
  t.regex(failures({ nic: "eth1" })[0]?.reason ?? "", /eth1 of hv1 is a member of the bond bond0: use the bond/);
  t.regex(failures({ nic: "bond0.5", mtu: 9000 })[0]?.reason ?? "", /9000 is above the MTU of 1500 of bond0, on which/);
  t.deepEqual(failures({ nic: "bond0" }), []);
});

test("a bond has no switch of its own: its members are named", (t) => {
  t.regex(
    embeddedObjection(hv1, "bond0") ?? "",
    /bond0 of hv1 has no switch of its own, its NICs have: .* Uplink of eth1, eth2/,
  );
  t.regex(embeddedObjection(hv1, "eth3") ?? "x", /no SR-IOV/);
  t.is(embeddedObjection(hv1, "eth1"), undefined);
});
