import test from "ava";
import { createLab, type Lab, type LabHypervisor } from "../../lab/lab.ts";
import { provide } from "../../prove/provide.ts";
import { closeHosts } from "../../provider/host/open-host.ts";
import { lifecycle } from "../../provider/resources/lifecycle.ts";
import type { Properties } from "../../provider/resources/resource-kind.ts";
import { labName, labTest } from "../lab/lab-test.ts";

let lab: Lab;
test.after.always(async () => {
  closeHosts();
  await lab?.down();
});

const kind = lifecycle("HostBridge");

/** Whether frames come back to a station behind the port. */
const relay = async (hypervisor: LabHypervisor, attempt: string): Promise<unknown> => {
  const station = { nic: "station", reflectiveRelay: "probe" };
  const { state } = await provide(hypervisor, "Uplink", attempt, station);
  return state.probe;
};

labTest(
  "a bridge of ours is the switch of a station: it reflects on the ports that are listed, and on no other",
  async (t) => {
    lab = await createLab({ name: labName(), hypervisors: 1, uplinks: 1, libvirt: false });
    const [hypervisor] = lab.hypervisors;
    if (hypervisor === undefined) return t.fail("no lab");
    const sh = async (script: string) => {
      const { status, stderr } = await lab.exec("hv1", ["sh", "-euc", script]);
      t.is(status, 0, stderr);
      // What is done by hand makes no observation of this process old.
      closeHosts();
    };
    await sh("ip link add cable type veth peer name station; ip link set cable up; ip link set station up");
    const uplink = await provide(hypervisor, "Uplink", "eth1", { nic: "eth1" });
    const bridge = await provide(hypervisor, "HostBridge", "sw", { uplink: uplink.ref, name: "sw" });
    const listed = (hairpinPorts: readonly string[]): Properties => ({ ...bridge.state, hairpinPorts });

    await t.throwsAsync(kind.update(bridge.state, listed(["cable"])), {
      code: "bridge-refused",
      message: /hairpinPorts: cable of hv1 is no port of the bridge sw: put it there first/,
    });
    await sh("ip link set cable master sw");
    const state = await kind.update(bridge.state, listed(["cable"]));
    t.like(await relay(hypervisor, "listed"), { state: "active" });

    await sh("ip link set cable type bridge_slave hairpin off");
    const drifted = await kind.read(state);
    t.deepEqual(drifted?.inputs.hairpinPorts, []);
    const mended = await kind.update(drifted?.state ?? {}, listed(["cable"]));
    t.like(await relay(hypervisor, "mended"), { state: "active" });

    const { hairpinPorts: _gone, ...without } = mended;
    await kind.update(mended, without);
    t.like(await relay(hypervisor, "unlisted"), { state: "absent" });
    await sh("ip link del cable");
    await bridge.remove();
  },
);
