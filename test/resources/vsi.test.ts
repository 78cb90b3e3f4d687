import test from "ava";
import { lifecycle } from "../../provider/resources/lifecycle.ts";
import type { Properties } from "../../provider/resources/resource-kind.ts";
import { ethernet, news, only, refOf, uplink } from "./bad-input/given.ts";

const vm = lifecycle("VmInterface");
const profile = { managerId: 11, typeId: 1193047, typeIdVersion: 2 };
const asked = (title: string, vsi: Properties, olds: Properties = {}) =>
  vm.check(olds, news(title, { bridge: ethernet("eth1.100"), domain: "web-1", mode: "vepa", vsi }));
const instanceOf = ({ vsi }: Properties) => (vsi as Properties).instanceId;

test("the port's instance ID is derived, another one for each, and kept when its profile changes", (t) => {
  const first = asked("web-1", profile);
  t.deepEqual(first.failures, []);
  t.regex(String(instanceOf(first.inputs)), /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  t.deepEqual(asked("web-1", profile).inputs.vsi, first.inputs.vsi);
  t.not(instanceOf(asked("web-2", profile).inputs), instanceOf(first.inputs));

  const renamed = asked("renamed", { ...profile, typeIdVersion: 3 }, first.inputs);
  t.deepEqual(renamed.inputs.vsi, { ...profile, typeIdVersion: 3, instanceId: instanceOf(first.inputs) });
});

test("one that is given is taken, in lower case", (t) => {
  const given = asked("web-1", { ...profile, instanceId: "09B11C53-8b5c-4eeb-8f00-d84eaa0aaa4f" }).inputs;
  t.is(instanceOf(given), "09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f");
  t.is(instanceOf(asked("web-1", profile, given).inputs), "09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f");
});

test("a change of the port is shown as detached and attached, and the same again as nothing", (t) => {
  const before = asked("web-1", profile).inputs;
  t.deepEqual(vm.diff(before, asked("web-1", { ...profile, typeId: 7 }, before).inputs).replaces, ["vsi"]);
  t.deepEqual(vm.diff(before, asked("web-1", profile, before).inputs), { changes: false, replaces: [] });
});

test("numbers beyond the standard's are refused, each on its own", (t) => {
  for (const [name, value] of [
    ["managerId", 256],
    ["typeId", 0x1000000],
    ["typeIdVersion", -1],
    ["instanceId", "web-1"],
  ] as const) {
    const { failures } = asked("web-1", { ...profile, [name]: value });
    t.true(
      failures.some(({ property }) => property === `vsi.${name}`),
      JSON.stringify(failures),
    );
  }
});

test("an endpoint of the provider's own has none", (t) => {
  const endpoint = refOf("MacvtapEndpoint", { uplink: uplink("eth1.100"), mode: "vepa" });
  const { failures } = vm.check({}, news("web-1", { endpoint, domain: "web-1", vsi: profile }));
  only(t, failures, "vsi", /libvirt refuses it: it tells the switch of a macvtap that it made itself/);
});
