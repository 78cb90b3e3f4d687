import test from "ava";
import { changesBetween, snapshotOf } from "../resources/host-snapshot.ts";
import { OutsideProject, programHead } from "./outside-project.ts";

const project = new OutsideProject("outside");
test.after.always(() => project.remove());

const program = (mode: "veb" | "vepa") => `${programHead}
export = async () => {
  const macs: Record<string, unknown> = {};
  for (const { name, connection } of lab.hypervisors) {
    const host = await kvm.getHost(connection);
    const uplink = new kvm.Uplink(name + "-eth1", { host, nic: "eth1" });
    const fabric = new kvm.HostBridge(name + "-fabric", { uplink, type: "ethernet" });
    const vm = "vm-" + name;
    macs[vm] = new kvm.VmInterface(vm, { bridge: fabric, domain: vm, mode: "${mode}" }).mac;
  }
  return { macs };
};
`;

const install = async (): Promise<void> => {
  project.write("index.ts", program("veb"));
  await project.install(await project.pack());
};

test("a project of its own that installs the package brings VMs up, changes them and leaves the hosts as they were", async (t) => {
  t.timeout(600_000);
  const [hosts] = await Promise.all([project.labUp("--hypervisors", "2", "--uplinks", "1"), install()]);
  await Promise.all([project.lab("guest", "hv1/vm-hv1"), project.lab("guest", "hv2/vm-hv2", "--off")]);
  const snapshots = () => Promise.all(["hv1", "hv2"].map((host) => snapshotOf(hosts, host)));
  const before = await snapshots();
  const pulumi = (...args: string[]) => project.pulumi(...args);

  await pulumi("stack", "init", "dev");
  const preview = await pulumi("preview", "--diff");
  t.true(preview.includes("macvtap-bridge"), preview);
  t.regex(await pulumi("up", "--yes", "--skip-preview"), /\+ 7 created/);
  t.regex(await pulumi("up", "--yes", "--skip-preview"), /7 unchanged/);
  t.regex(await pulumi("refresh", "--yes", "--skip-preview"), /7 unchanged/);
  const { macs }: { macs: Record<string, string> } = JSON.parse(await pulumi("stack", "output", "--json"));

  // One runs and one is off: the running one has it now, both have it at their next start.
  const lists = async (host: string, domain: string) => (await hosts.exec(host, ["virsh", "domiflist", domain])).stdout;
  t.regex(await lists("hv1", "vm-hv1"), new RegExp(`direct +eth1 +virtio +${macs["vm-hv1"]}`));
  t.regex(await lists("hv2", "vm-hv2"), new RegExp(`direct +eth1 +virtio +${macs["vm-hv2"]}`));

  project.write("index.ts", program("vepa"));
  const changed = await pulumi("up", "--yes", "--skip-preview", "--diff");
  t.regex(changed, /~ mode *: "veb" => "vepa"/);
  const definition = (await hosts.exec("hv1", ["virsh", "dumpxml", "vm-hv1"])).stdout;
  t.regex(definition, /<source dev='eth1' mode='vepa'\/>/);
  t.regex(await pulumi("up", "--yes", "--skip-preview"), /7 unchanged/);

  t.regex(await pulumi("destroy", "--yes", "--skip-preview"), /- 7 deleted/);
  const after = await snapshots();
  t.deepEqual(
    after.map((host, index) => changesBetween(before[index] ?? "", host)),
    [[], []],
  );
});
