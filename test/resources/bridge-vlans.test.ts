import test from "ava";
import { lifecycle } from "../../provider/resources/lifecycle.ts";
import type { Properties } from "../../provider/resources/resource-kind.ts";
import { bridgeLink, facts, link } from "../planning/facts.ts";
import { news, only, uplink } from "./bad-input/given.ts";

const check = (inputs: Properties, of = facts([link("eth1")])) =>
  lifecycle("HostBridge").check({}, news("lan", { uplink: uplink("eth1"), ...inputs }, of));

test("a bridge that filters has every default filled in, and tells its interfaces of its VLANs", (t) => {
  const { inputs, failures } = check({ vlanFiltering: true });
  t.deepEqual(failures, []);
  const port = { hairpin: false, isolated: false };
  t.like(inputs, {
    vlanFiltering: true,
    defaultPvid: 1,
    uplinkPort: { ...port, vlan: { pvid: 1, tagged: ["2-4094"] } },
  });
  t.like(inputs.ref, { vlans: { defaultPvid: 1, uplinkPvid: 1, uplinkTagged: ["2-4094"] } });
  t.is(lifecycle("HostBridge").diff(inputs, inputs).changes, false);

  const given = check({ vlanFiltering: true, defaultPvid: 0, uplinkPort: { vlan: { tagged: [11, 10, "12-14"] } } });
  t.like(given.inputs, { defaultPvid: 0, uplinkPort: { vlan: { pvid: 0, tagged: ["10-14"] } } });
});

test("one that does not filter says so, and has no VLANs", (t) => {
  const { inputs } = check({});
  t.is(inputs.vlanFiltering, false);
  t.false("defaultPvid" in inputs);
  t.deepEqual(inputs.uplinkPort, { hairpin: false, isolated: false });
  t.false("vlans" in (inputs.ref as object));
});

test("options of VLANs without vlanFiltering are refused", (t) => {
  const without = /concerns a bridge that filters VLANs: give vlanFiltering: true/;
  only(t, check({ defaultPvid: 5 }).failures, "defaultPvid", without);
  only(t, check({ uplinkPort: { vlan: { pvid: 5 } } }).failures, "uplinkPort.vlan", without);
});

test("the untagged VLAN of the uplink's port is not tagged there as well", (t) => {
  const vlan = { pvid: 5, tagged: ["1-10"] };
  const { failures } = check({ vlanFiltering: true, uplinkPort: { vlan } });
  only(t, failures, "uplinkPort.vlan.tagged", /5 is the VLAN that is untagged there \(pvid\): leave it out/);
});

test("a kernel that filters no VLANs is told of before anything is touched", (t) => {
  const bridge = { stp: false, priority: 0, multicastSnooping: true, vlanFiltering: false, defaultPvid: 0 };
  const without = facts([link("eth1"), { ...bridgeLink("docker0"), bridge: { ...bridge, canFilterVlans: false } }]);
  only(
    t,
    check({ vlanFiltering: true }, without).failures,
    "vlanFiltering",
    /kernel of hv1 filters no VLANs .*: boot one/,
  );
});
