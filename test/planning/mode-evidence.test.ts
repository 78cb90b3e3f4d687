import test from "ava";
import {
  bridgeEvidence,
  type ModeEvidence,
  plan,
  rules,
  uplinkEvidence,
  uplinkFacts,
} from "../../provider/planning/index.ts";
import type { LinkFacts } from "../../provider/schema/facts.ts";
import { markPrefix } from "../../provider/schema/mark.ts";
import type { HostBridgeRef, UplinkRef } from "../../provider/schema/ref.ts";
import { bridgeLink, facts, link } from "./facts.ts";

const evidenceOf = (nic: LinkFacts, others: readonly LinkFacts[] = [], ref?: UplinkRef) =>
  uplinkEvidence(facts([nic, ...others]), nic, ref);

const find = (evidence: readonly ModeEvidence[], type: string, mode: string): ModeEvidence => {
  const found = evidence.find((each) => each.type === type && each.mode === mode);
  if (found === undefined) throw new Error(`nothing is said of ${mode} on ${type}`);
  return found;
};

const stated = (reflectiveRelay: UplinkRef["reflectiveRelay"]): UplinkRef => ({
  kind: "Uplink",
  host: "hv1",
  nic: "eth1",
  reflectiveRelay,
});

test("a free NIC takes either type of bridge; vepa reaches its neighbours only if the switch reflects", (t) => {
  const evidence = evidenceOf(link("eth1"));
  t.is(find(evidence, "hypervisor", "veb").supported, "yes");
  t.is(find(evidence, "ethernet", "veb").supported, "yes");
  const vepa = find(evidence, "ethernet", "vepa");
  t.is(vepa.supported, "only-if");
  t.regex(vepa.reason, /only if the adjacent switch reflects.*nobody has said/);
  t.regex(vepa.remedy ?? "", /assume/);
  t.deepEqual(vepa.rules, ["need-served"]);
});

test("where the switch is stated to reflect, vepa has no condition and a Linux bridge is refused", (t) => {
  const evidence = evidenceOf(link("eth1"), [], stated("active"));
  t.like(find(evidence, "ethernet", "vepa"), { supported: "yes", rules: [], remedy: null });
  const veb = find(evidence, "hypervisor", "veb");
  t.deepEqual([veb.supported, veb.rules], ["no", ["no-bridge-on-reflecting-port"]]);
});

test("a NIC in somebody's bridge serves that bridge, and nothing of its own", (t) => {
  const nic = link("eth1", { master: "br0" });
  const evidence = evidenceOf(nic, [bridgeLink("br0")]);
  t.is(find(evidence, "existing", "veb").supported, "yes");
  t.like(find(evidence, "hypervisor", "veb"), { supported: "no", rules: ["uplink-bridgeable"] });
  t.regex(find(evidence, "hypervisor", "veb").remedy ?? "", /HostBridge\.existing/);
  t.like(find(evidence, "ethernet", "veb"), { supported: "no", rules: ["uplink-free"] });
  t.deepEqual(uplinkFacts(facts([nic, bridgeLink("br0")]), nic).supportedModes, { hypervisor: [], ethernet: [] });
});

test("a bridge of this provider's that the NIC is in is still its bridge", (t) => {
  const nic = link("eth1", { master: "br-lan" });
  const ours = { ...bridgeLink("br-lan"), alias: `${markPrefix}acme/shop/dev:lan@0a1b2c` };
  const evidence = evidenceOf(nic, [ours]);
  t.is(find(evidence, "hypervisor", "veb").supported, "yes");
  t.false(evidence.some(({ type }) => type === "existing"));
});

const refused: readonly (readonly [string, Partial<LinkFacts>, readonly LinkFacts[], RegExp])[] = [
  ["a wireless station", { wireless: true }, [], /wireless station/],
  ["a NIC with macvtaps", {}, [link("mv0", { kind: "macvtap", lower: "eth1", nic: null })], /carries macvtap mv0/],
  ["a NIC with the host's addresses", { addresses: ["192.0.2.7/24"] }, [], /host's addresses 192\.0\.2\.7\/24/],
];
for (const [title, different, others, says] of refused) {
  test(`${title} is not taken into a bridge, and takes macvtaps`, (t) => {
    const evidence = evidenceOf(link("eth1", different), others);
    const veb = find(evidence, "hypervisor", "veb");
    t.deepEqual([veb.supported, veb.rules], ["no", ["uplink-bridgeable"]]);
    t.regex(veb.reason, says);
    t.is(find(evidence, "ethernet", "veb").supported, "yes");
  });
}

test("a NIC that a passthrough macvtap has for itself takes no other", (t) => {
  const alone = link("mv0", { kind: "macvtap", lower: "eth1", nic: null, macvtapMode: "passthrough" });
  const veb = find(evidenceOf(link("eth1"), [alone]), "ethernet", "veb");
  t.deepEqual([veb.supported, veb.rules], ["no", ["uplink-free"]]);
});

test("a bond's member points to the bond", (t) => {
  const bond = link("bond0", { kind: "bond" });
  t.regex(find(evidenceOf(link("eth1", { master: "bond0" }), [bond]), "ethernet", "vepa").remedy ?? "", /use the bond/);
});

test("a mode that a bridge's list leaves out is refused by the list", (t) => {
  const bridge: HostBridgeRef = {
    kind: "HostBridge",
    host: "hv1",
    type: "ethernet",
    uplink: stated("active"),
    mode: ["veb"],
  };
  const evidence = bridgeEvidence(bridge, facts([link("eth1")]));
  t.is(find(evidence, "ethernet", "veb").supported, "yes");
  t.like(find(evidence, "ethernet", "vepa"), { supported: "no", rules: ["mode-allowed"] });
});

test("what is said of a mode is what the planner does with a request for it", (t) => {
  const known = facts([link("eth1"), link("eth2", { master: "br0" }), bridgeLink("br0")]);
  for (const nic of known.links.filter((each) => each.nic !== null)) {
    for (const { type, mode, supported } of uplinkEvidence(known, nic)) {
      if (type === "existing") continue;
      const uplink = { ...stated("unknown"), nic: nic.name };
      const bridge: HostBridgeRef = { kind: "HostBridge", host: "hv1", type, uplink, mode: "all" };
      // A bridge of ours has its name before it is there.
      const named = type === "hypervisor" ? { ...bridge, device: "br-new" } : bridge;
      const decided = plan({ bridge: named, mode, needs: [], options: [], allMulticast: true }, known);
      t.is(decided.realization !== undefined, supported !== "no", `${nic.name} ${type} ${mode}`);
    }
  }
  const ids = new Set(rules.map(({ id }) => id));
  const refusing = uplinkEvidence(known, link("eth2", { master: "br0" })).filter(({ supported }) => supported === "no");
  t.true(refusing.length > 0 && refusing.every((each) => each.rules.every((id) => ids.has(id)) && each.reason !== ""));
});
