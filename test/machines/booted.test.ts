import { createLab, type Lab } from "../../lab/lab.ts";
import { hasVirtualization } from "../../lab/machine/qemu-arguments.ts";
import { labName } from "../lab/lab-test.ts";
import { machineLabTest } from "./machine.ts";

const script = "cat /proc/sys/kernel/random/boot_id /sys/class/net/enp1s0/address; hostname; virsh hostname";

/** What tells a machine apart, and what its libvirt says. */
async function told(lab: Lab): Promise<string> {
  const { status, stdout, stderr } = await lab.exec("m1", ["sh", "-euc", script]);
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

machineLabTest("a machine goes on from where one of its kind had booted, in a lab with another key", async (t) => {
  const options = { hypervisors: 0, machines: 1, uplinks: 1 };
  const first = await createLab({ name: labName(), ...options });
  const second = await createLab({ name: labName(), ...options });
  try {
    const [one, other] = await Promise.all([told(first), told(second)]);
    // With KVM each boots.
    if (hasVirtualization()) t.not(one, other);
    else t.is(one, other);
    const [here, there] = [first, second].map(({ hypervisors }) => hypervisors[0]?.connection);
    t.not(here?.host, there?.host);
    t.not(here?.privateKey, there?.privateKey);
    await first.exec("m1", ["sh", "-c", "echo mine >/root/mine"]);
    t.not((await second.exec("m1", ["cat", "/root/mine"])).status, 0);
    const clock = Number((await second.exec("m1", ["date", "+%s"])).stdout);
    t.true(clock >= Math.floor(performance.timeOrigin / 1000));
  } finally {
    await Promise.all([first.down(), second.down()]);
  }
});
