import test from "ava";
import { createLab, type Lab } from "../../lab/lab.ts";
import { labName, labTest } from "./lab-test.ts";

let lab: Lab;
test.before(async () => {
  lab = await createLab({ name: labName(), hypervisors: 1, libvirt: false });
});
test.after.always(() => lab?.down());

labTest("a script runs on a hypervisor in namespaces that no network reaches, with output and status", async (t) => {
  await lab.outOfBand("hv1", "ip link set mgmt down");
  const script = "echo one\ncat /sys/class/net/mgmt/operstate >&2\nexit 3";
  const { status, stdout } = await lab.outOfBand("hv1", script);
  t.is(status, 3);
  t.is(stdout, "one\ndown\n");
});
