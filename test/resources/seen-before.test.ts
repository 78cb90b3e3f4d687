import test from "ava";
import { createLab, type Lab } from "../../lab/lab.ts";
import { provide } from "../../prove/provide.ts";
import { observe } from "../../provider/discovery/observe.ts";
import { closeHosts, openHost } from "../../provider/host/open-host.ts";
import { labName, labTest } from "../lab/lab-test.ts";

let lab: Lab | undefined;
test.after.always(async () => {
  closeHosts();
  await lab?.down();
});

labTest("a domain that was made after the host was last looked at is found", async (t) => {
  lab = await createLab({ name: labName(), hypervisors: 1, uplinks: 1 });
  const [hypervisor] = lab.hypervisors;
  if (hypervisor === undefined) return t.fail("no lab");
  const uplink = await provide(hypervisor, "Uplink", "eth1", { nic: "eth1" });
  const bridge = await provide(hypervisor, "HostBridge", "ether", { uplink: uplink.ref, type: "ethernet" });
  const before = await observe(openHost(hypervisor.connection));
  t.deepEqual(before.domains, []);
  // As another resource of the program makes it, of another provider.
  const xml =
    "<domain type='qemu'><name>late</name><memory unit='MiB'>64</memory><os><type arch='x86_64' machine='q35'>hvm</type></os></domain>";
  const define = ["sh", "-c", `echo "${xml}" >/run/late.xml && virsh define /run/late.xml`];
  t.is((await lab.exec("hv1", define)).status, 0);
  t.is(await observe(openHost(hypervisor.connection)), before, "nobody has told of it");
  const vm = await provide(hypervisor, "VmInterface", "late", { bridge: bridge.ref, domain: "late", mode: "veb" });
  t.regex((await lab.exec("hv1", ["virsh", "dumpxml", "late"])).stdout, new RegExp(String(vm.state.mac)));
  for (const made of [vm, bridge, uplink]) await made.remove();
});

labTest("a domain that is not there at all is refused all the same", async (t) => {
  const [hypervisor] = lab?.hypervisors ?? [];
  if (hypervisor === undefined) return t.fail("no lab");
  const uplink = await provide(hypervisor, "Uplink", "eth1", { nic: "eth1" });
  const bridge = await provide(hypervisor, "HostBridge", "ether", { uplink: uplink.ref, type: "ethernet" });
  await observe(openHost(hypervisor.connection));
  const making = provide(hypervisor, "VmInterface", "never", { bridge: bridge.ref, domain: "never", mode: "veb" });
  t.regex((await t.throwsAsync(making))?.message ?? "", /there is no domain never on hv1; its domains are: late/);
  for (const made of [bridge, uplink]) await made.remove();
});
