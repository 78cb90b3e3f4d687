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

test("each answer says what it stands on, when it was seen, and nothing that was not", (t) => {
  t.deepEqual(relayOf({ advertised: false }), { state: "unknown", evidence: "none" });
  t.deepEqual(relayOf({ advertised: true }), { state: "advertised", evidence: "lldp" });
  t.deepEqual(relayOf({ advertised: false, assumed: "active" }), { state: "active", evidence: "assumed" });
  for (const state of ["active", "absent"] as const) {
    t.deepEqual(relayOf({ advertised: false, probe: { state, at } }), { state, evidence: "probe", at });
  }
  t.deepEqual(relayOf({ advertised: true, probe: { state: "active", at } }), {
    state: "active",
    evidence: "probe",
    at,
  });
});

test("a switch that offers what its port does not do is told of", (t) => {
  const { contradiction, ...rest } = relayOf({ advertised: true, probe: { state: "absent", at } });
  t.deepEqual(rest, { state: "absent", evidence: "probe", at });
  t.regex(
    contradiction ?? "",
    /^by LLDP \(EVB\) the switch offers reflective relay, but frames do not come back: .* on the port$/,
  );
});

test("what is stated is contradicted by evidence that says otherwise, and by no other", (t) => {
  const against = (evidence: Parameters<typeof relayOf>[0]) => relayOf(evidence).contradiction;
  t.is(
    against({ assumed: "active", advertised: false, probe: { state: "absent", at } }),
    `assumed active, but the probe of ${at} says absent`,
  );
  t.is(
    against({ assumed: "absent", advertised: true }),
    "assumed absent, but by LLDP (EVB) the switch offers reflective relay",
  );
  for (const evidence of [
    { assumed: "unknown", advertised: true, probe: { state: "active", at } },
    { assumed: "absent", advertised: false },
    { assumed: "absent", advertised: false, probe: { state: "absent", at } },
    { assumed: "active", advertised: false, probe: { state: "unknown", at } },
    { assumed: "active", advertised: true },
  ] as const)
    t.is(against(evidence), undefined, JSON.stringify(evidence));
});
