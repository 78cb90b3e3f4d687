import test from "ava";
import { createLab, type Lab } from "../../lab/lab.ts";
import { addUser } from "../../lab/user.ts";
import { closeHosts, openHost } from "../../provider/host/open-host.ts";
import { createMacvtap } from "../../provider/links/macvtap.ts";
import { command } from "../cli/command.ts";
import { labName, labTest } from "../lab/lab-test.ts";

let lab: Lab;
test.before(async () => {
  lab = await createLab({ name: labName(), hypervisors: 1, uplinks: 1, libvirt: false });
});
test.after.always(async () => {
  closeHosts();
  await lab?.down();
});

const macvtap = { name: "ep0", lower: "eth1", mode: "vepa", mac: "02:00:00:00:00:01", alias: "ours" } as const;
const steps = createMacvtap({ ...macvtap, up: true, allMulticast: true });

labTest("what the command tells an administrator, done as it is told, lets an account in", async (t) => {
  const kvm = openHost(await addUser(lab, "hv1", "kvm"));
  const refused = await t.throwsAsync(kvm.request({ steps, change: "a test's change" }), { code: "sudo-refused" });
  t.regex(refused?.message ?? "", /npx pulumi-kvm-network helper/);
  closeHosts();

  const { stdout: told } = await command(["helper"]);
  const commands = [...told.matchAll(/pulumi-kvm-network (helper .*) \| ssh root@HOST \\\n +'([^']+)'/g)];
  t.is(commands.length, 2);
  for (const [, words = "", onHost = ""] of commands) {
    const { stdout: input } = await command(words.replace("USER", "kvm").split(" "));
    const { status, stderr } = await lab.exec("hv1", ["sh", "-c", onHost], { input });
    t.is(status, 0, stderr);
  }
  const again = openHost({ ...lab.hypervisors[0]?.connection, host: kvm.name, user: "kvm" });
  t.is((await again.request({ steps, change: "a test's change" })).failed, undefined);
  const { stdout: files } = await lab.exec("hv1", [
    "sh",
    "-c",
    "stat -c '%U %a %n' /usr/local/sbin/pulumi* /etc/sudoers.d/pulumi*",
  ]);
  t.is(files, "root 755 /usr/local/sbin/pulumi-kvm-network-helper\nroot 440 /etc/sudoers.d/pulumi-kvm-network\n");
});
