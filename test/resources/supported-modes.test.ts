import test from "ava";
import type { ModeEvidence } from "../../provider/planning/index.ts";
import { lifecycle } from "../../provider/resources/lifecycle.ts";
import type { Properties } from "../../provider/resources/resource-kind.ts";
import { useLabHost } from "../links/lab-host.ts";
import { news, reached } from "./bad-input/given.ts";

const labHost = useLabHost(test, "supported-modes", { uplinks: 2, libvirt: false, lldp: false });

/** Made as a program's resource is, and its outputs. */
const make = async (kind: string, title: string, inputs: Properties) => {
  reached.connection = labHost().lab.hypervisors[0]?.connection ?? reached.connection;
  const { inputs: checked, failures } = lifecycle(kind).check({}, news(title, inputs));
  if (failures.length > 0) throw new Error(JSON.stringify(failures));
  const { state } = await lifecycle(kind).create(checked);
  return { checked, state, remove: () => lifecycle(kind).delete(state) };
};

const supported = ({ evidence }: Properties): string[] =>
  (evidence as readonly ModeEvidence[]).map((each) => `${each.type} ${each.mode} ${each.supported}`);

test.serial(
  "an Uplink says of each type of bridge which modes it has, and why; what is stated of the switch counts",
  async (t) => {
    const unknown = await make("Uplink", "unknown", { nic: "eth1" });
    t.like(unknown.state.supportedModes, { hypervisor: ["veb"] });
    t.true(supported(unknown.state).includes("ethernet vepa only-if"));
    const active = await make("Uplink", "active", { nic: "eth1", assume: { reflectiveRelay: "active" } });
    t.like(active.state.supportedModes, { hypervisor: [] });
    t.true(supported(active.state).includes("ethernet vepa yes"));
    t.true(supported(active.state).includes("hypervisor veb no"));
  },
);

test.serial('a bridge that allows "all" supports what its type gives on this host; a list narrows it', async (t) => {
  const { checked: uplink } = await make("Uplink", "uplink", { nic: "eth1" });
  const ethernet = await make("HostBridge", "all", { uplink: uplink.ref, type: "ethernet" });
  const modes = ethernet.state.supportedModes as string[];
  t.deepEqual(modes.slice(0, 2), ["veb", "vepa"]);
  t.is(modes.length, supported(ethernet.state).filter((each) => !each.endsWith(" no")).length);
  const narrow = await make("HostBridge", "narrow", { uplink: uplink.ref, type: "ethernet", mode: ["veb"] });
  t.deepEqual(narrow.state.supportedModes, ["veb"]);
  t.like((narrow.state.evidence as ModeEvidence[])[1], { mode: "vepa", supported: "no", rules: ["mode-allowed"] });
});

test.serial(
  "a Linux bridge supports veb, says the same when it is read again, and stays so for its uplink",
  async (t) => {
    const { checked: uplink } = await make("Uplink", "below", { nic: "eth2" });
    const made = await make("HostBridge", "lan", { uplink: uplink.ref });
    t.deepEqual(made.state.supportedModes, ["veb"]);
    const read = await lifecycle("HostBridge").read(made.state);
    t.deepEqual(read?.state.evidence, made.state.evidence);
    const again = await make("Uplink", "below", { nic: "eth2" });
    t.deepEqual(again.state.supportedModes, { hypervisor: ["veb"], ethernet: [] });
    await made.remove();
  },
);
