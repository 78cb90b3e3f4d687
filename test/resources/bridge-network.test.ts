import test from "ava";
import { createLab, type Lab } from "../../lab/lab.ts";
import { provide } from "../../prove/provide.ts";
import { closeHosts } from "../../provider/host/open-host.ts";
import { lifecycle } from "../../provider/resources/lifecycle.ts";
import { labName, labTest } from "../lab/lab-test.ts";

let lab: Lab;
test.after.always(async () => {
  closeHosts();
  await lab?.down();
});

const networks = async () => (await lab.exec("hv1", ["virsh", "net-list", "--all", "--name"])).stdout.trim();

labTest(
  "a bridge defines its libvirt network, shows that it is gone, defines it again and takes it with it",
  async (t) => {
    lab = await createLab({ name: labName(), hypervisors: 1, uplinks: 2 });
    const [hypervisor] = lab.hypervisors;
    if (hypervisor === undefined) return t.fail("no lab");
    const uplink = await provide(hypervisor, "Uplink", "eth1", { nic: "eth1" });
    const inputs = { uplink: uplink.ref, type: "ethernet", mode: ["vepa"], network: "fabric" };
    const bridge = await provide(hypervisor, "HostBridge", "fabric", inputs);
    const { stdout } = await lab.exec("hv1", ["virsh", "net-dumpxml", "fabric"]);
    t.regex(stdout, /<forward dev='eth1' mode='vepa'>/);
    t.is((await lifecycle("HostBridge").read(bridge.state))?.inputs.network, "fabric");

    await lab.exec("hv1", ["sh", "-c", "virsh net-destroy fabric; virsh net-undefine fabric"]);
    const drifted = await lifecycle("HostBridge").read(bridge.state);
    t.is(drifted?.inputs.network, undefined);
    await lifecycle("HostBridge").update(drifted?.state ?? {}, bridge.state);
    t.is(await networks(), "fabric");
    await bridge.remove();
    t.is(await networks(), "");
  },
);

labTest("a network of that name which somebody else defined is refused, and stays", async (t) => {
  const [hypervisor] = lab.hypervisors;
  if (hypervisor === undefined) return t.fail("no lab");
  const xml = "<network><name>theirs</name><forward mode='bridge'/><bridge name='br0'/></network>";
  await lab.exec("hv1", ["sh", "-c", `echo "${xml}" > /run/theirs.xml && virsh net-define /run/theirs.xml`]);
  const uplink = await provide(hypervisor, "Uplink", "eth2", { nic: "eth2" });
  const error = await t.throwsAsync(
    provide(hypervisor, "HostBridge", "lan", { uplink: uplink.ref, name: "br-lan", network: "theirs" }),
  );
  t.regex(error?.message ?? "", /the libvirt network theirs is there on .* already/);
  t.is(await networks(), "theirs");
});
