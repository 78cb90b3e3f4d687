import test from "ava";
import { lifecycle } from "../../provider/resources/lifecycle.ts";
import type { Properties } from "../../provider/resources/resource-kind.ts";
import type { HostFacts } from "../../provider/schema/facts.ts";
import { facts, link } from "../planning/facts.ts";
import { news, only, uplink } from "./bad-input/given.ts";

const systemd: HostFacts = { ...facts([link("eth1")]), systemd: true };
const bare: HostFacts = { ...facts([link("eth1")]), systemd: false };

const check = (inputs: Properties, known?: HostFacts, olds: Properties = {}) =>
  lifecycle("MacvtapEndpoint").check(olds, news("ep", { uplink: uplink("eth1"), mode: "vepa", ...inputs }, known));

test("what a host can do again when it boots is kept, unless the program says no", (t) => {
  t.is(check({}, systemd).inputs.persistence, "kept");
  t.is(check({}, { ...bare, networkManagers: ["ifupdown"] }).inputs.persistence, "kept");
  t.is(check({ persist: true }, systemd).inputs.persistence, "kept");
  t.is(check({ persist: false }, systemd).inputs.persistence, undefined);
});

test("a host that can't is no failure, unless the program insists", (t) => {
  t.deepEqual(check({}, bare).failures, []);
  t.is(check({}, bare).inputs.persistence, undefined);
  only(
    t,
    check({ persist: true }, bare).failures,
    "persist",
    /hv1 runs neither systemd nor ifupdown.*Leave persist out/,
  );
});

test("without facts, and with those of an older version, it stays as it was", (t) => {
  const { systemd: _unknown, ...older } = bare;
  for (const known of [undefined, older]) {
    t.is(check({}, known).inputs.persistence, undefined);
    t.is(check({}, known, { persistence: "kept" }).inputs.persistence, "kept");
    t.deepEqual(check({ persist: true }, known).failures, []);
  }
});

test("what a refresh found missing is put back by the next update", (t) => {
  const made = check({}, systemd).inputs;
  const found = { ...made, persistence: "/etc/pulumi-kvm-network/links/eth1/50-ep is missing" };
  const { inputs } = check({}, systemd, found);
  t.is(lifecycle("MacvtapEndpoint").diff(found, inputs).changes, undefined);
  t.is(lifecycle("MacvtapEndpoint").diff(made, inputs).changes, false);
});

test("kinds and types of which a reboot undoes nothing say nothing of it", (t) => {
  const bridge = (type: string) =>
    lifecycle("HostBridge").check({}, news(`b-${type}`, { uplink: uplink("eth1"), type }, systemd));
  t.is(bridge("hypervisor").inputs.persistence, "kept");
  t.is(bridge("ethernet").inputs.persistence, undefined);
});
