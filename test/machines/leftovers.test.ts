import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { labFolder } from "../../lab/folder.ts";
import { machineImage } from "../../lab/machine/image.ts";
import { findNamespace } from "../../lab/namespace.ts";
import { readRecord } from "../../lab/record.ts";
import { slotOf } from "../../lab/slot.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { labCommand, program } from "../lab/lab-command.ts";
import { labName } from "../lab/lab-test.ts";
import { machineLabTest } from "./machine.ts";

/** The command lines of the processes in a PID namespace. */
function commandsIn(namespace: string): string[] {
  return readdirSync("/proc").flatMap((pid) => {
    try {
      const isInside = /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/ns/pid`) === namespace;
      return isInside ? [readFileSync(`/proc/${pid}/cmdline`, "utf8")] : [];
    } catch {
      return [];
    }
  });
}

machineLabTest("down leaves nothing of an up that was killed while a machine boots", async (t) => {
  await machineImage();
  const [name, folder] = [labName(), mkdtempSync(join(tmpdir(), "lab-"))];
  const args = ["up", "--name", name, "--machines", "1", "--uplinks", "1"];
  const up = spawn(process.execPath, [program, ...args], { cwd: folder, stdio: "ignore" });
  const console = join(labFolder(name), "m1/console.log");
  await waitUntil("its QEMU", 60, () => existsSync(console) || undefined);
  up.kill("SIGKILL");
  const namespace = readlinkSync(`/proc/${findNamespace(name, "m1").pid}/ns/pid`);
  const isQemu = (command: string) => command.includes("qemu-system-x86_64") && command.includes(name);
  t.true(commandsIn(namespace).some(isQemu));
  const links = readRecord(name)?.hypervisors.map(({ slot }) => slotOf(slot).link) ?? [];
  t.is(links.length, 1);

  t.is((await labCommand(folder, ["down", "--name", name])).status, 0);
  await waitUntil("the end of QEMU", 10, () => !commandsIn(namespace).some(isQemu) || undefined);
  t.false(existsSync(labFolder(name)));
  t.deepEqual(
    links.filter((link) => existsSync(`/sys/class/net/${link}`)),
    [],
  );
  rmSync(folder, { recursive: true });
});
