import test from "ava";
import { relayOf, withRelay } from "../../provider/planning/index.ts";

const ref = { kind: "Uplink", host: "hv1", nic: "eth1", reflectiveRelay: "unknown" } as const;
const at = "2030-01-01T00:00:00.000Z";
const decidedOn = (evidence: Parameters<typeof relayOf>[0]) => withRelay(ref, relayOf(evidence)).reflectiveRelay;

test("the planner decides on what is stated, else on what was probed, never on what is advertised", (t) => {
  t.is(decidedOn({ advertised: false }), "unknown");
  t.is(decidedOn({ advertised: true }), "unknown");
  for (const state of ["active", "absent"] as const) {
    t.is(decidedOn({ advertised: true, probe: { state, at } }), state);
    t.is(decidedOn({ advertised: true, probe: { state, at }, assumed: "unknown" }), "unknown");
  }
  t.is(decidedOn({ advertised: true, probe: { state: "active", at }, assumed: "absent" }), "absent");
});

test("a probe that could not tell leaves what LLDP says, and its reason", (t) => {
  const probe = { state: "unknown", at, reason: "eth1 has no carrier" } as const;
  t.deepEqual(relayOf({ advertised: true, probe }), { ...probe, state: "advertised", evidence: "lldp" });
  t.deepEqual(relayOf({ advertised: false, probe }), { ...probe, evidence: "none" });
});

test("everything that speaks against what is stated is said", (t) => {
  const { contradiction } = relayOf({ assumed: "absent", probe: { state: "active", at }, advertised: true });
  t.regex(contradiction ?? "", /^assumed absent, but the probe of 2030\S+ says active, and by LLDP \(EVB\) the switch/);
  t.is(relayOf({ assumed: "active", probe: { state: "active", at }, advertised: true }).contradiction, undefined);
});

test("a ref of an uplink whose state is older than the output stays as it is", (t) => {
  t.deepEqual(withRelay(ref, undefined), ref);
});
