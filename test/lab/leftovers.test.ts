import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { labFolder } from "../../lab/folder.ts";
import { createLab, type Lab } from "../../lab/lab.ts";
import { findNamespace, initOf } from "../../lab/namespace.ts";
import { readRecord } from "../../lab/record.ts";
import { slotOf } from "../../lab/slot.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { labCommand, program } from "./lab-command.ts";
import { labName, labTest } from "./lab-test.ts";

const folder = mkdtempSync(join(tmpdir(), "lab-"));
const names: string[] = [];
const newName = () => {
  const name = labName();
  names.push(name);
  return name;
};

test.after.always(async () => {
  for (const name of names) await labCommand(folder, ["down", "--name", name]);
  rmSync(folder, { recursive: true });
});

/** The network namespaces of a lab, as the kernel names them. */
function networks(lab: string): string[] {
  return ["hv1", "hv2", "switch"].flatMap((name) => {
    const init = initOf(lab, name);
    return init === undefined ? [] : [readlinkSync(`/proc/${init.pid}/ns/net`)];
  });
}

/** The processes in any of those namespaces. */
function processesIn(namespaces: readonly string[]): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && namespaces.includes(readlinkSync(`/proc/${pid}/ns/net`));
    } catch {
      return false;
    }
  });
}

/**
 * Takes note of who is inside a lab's namespaces, and waits for their end when called. By process: the kernel gives
 * the number of a namespace that ended to the next one made. A command that was only just inside ends by itself.
 */
function inhabitants(lab: string): () => Promise<true> {
  const namespaces = networks(lab);
  const before = processesIn(namespaces);
  const left = () => processesIn(namespaces).filter((pid) => before.includes(pid));
  return () => waitUntil("the end of all processes inside", 10, () => left().length === 0 || undefined);
}

const linkNames = (lab: string) => readRecord(lab)?.hypervisors.map(({ slot }) => slotOf(slot).link) ?? [];
const existing = (links: readonly string[]) => links.filter((link) => existsSync(`/sys/class/net/${link}`));

function startUp(name: string): ChildProcess {
  return spawn(process.execPath, [program, "up", "--name", name], { cwd: folder, stdio: "ignore" });
}

const moments: Record<string, (lab: string) => boolean> = {
  "once its record is written": (lab) => readRecord(lab) !== undefined,
  "while its namespaces start": (lab) => existsSync(join(labFolder(lab), "hv1/init.stat")),
  "once its first link is there": (lab) => existing(linkNames(lab)).length > 0,
  "while sshd starts": (lab) => existsSync(join(labFolder(lab), "hv1/run/sshd.log")),
  "while libvirtd starts": (lab) => existsSync(join(labFolder(lab), "hv1/run/libvirtd.pid")),
};

for (const [moment, reached] of Object.entries(moments))
  labTest(`down leaves nothing of an up that was killed ${moment}`, async (t) => {
    const name = newName();
    const up = startUp(name);
    await waitUntil(`"${moment}"`, 60, () => reached(name) || undefined);
    up.kill("SIGKILL");
    t.true(existsSync(labFolder(name)), "the lab was there");
    const [links, allEnded] = [linkNames(name), inhabitants(name)];
    const { status, stderr } = await labCommand(folder, ["down", "--name", name]);
    t.is(status, 0, stderr);
    t.false(existsSync(labFolder(name)));
    t.deepEqual(existing(links), []);
    await allEnded();
    t.notRegex(readFileSync("/proc/self/mounts", "utf8"), new RegExp(name));
    t.is((await labCommand(folder, ["down", "--name", name])).status, 0);
  });

labTest("the next up clears away what a killed one of the same name left", async (t) => {
  const name = newName();
  const up = startUp(name);
  await waitUntil("its first link", 60, () => existing(linkNames(name)).length > 0 || undefined);
  up.kill("SIGKILL");
  const allEnded = inhabitants(name);
  t.is((await labCommand(folder, ["up", "--name", name])).status, 0);
  await allEnded();
  t.is((await labCommand(folder, ["exec", "--name", name, "hv2", "--", "virsh", "uri"])).status, 0);
  t.is((await labCommand(folder, ["down", "--name", name])).status, 0);
});

labTest("down ends a lab whose init and daemons were killed, and up starts it anew", async (t) => {
  const name = newName();
  t.is((await labCommand(folder, ["up", "--name", name])).status, 0);
  process.kill(findNamespace(name, "hv1").pid, "SIGKILL");
  const daemon = Number(readFileSync(join(labFolder(name), "hv2/run/libvirtd.pid"), "utf8"));
  await labCommand(folder, ["exec", "--name", name, "hv2", "--", "kill", "-9", `${daemon}`]);
  const [links, allEnded] = [linkNames(name), inhabitants(name)];
  t.is((await labCommand(folder, ["down", "--name", name])).status, 0);
  t.deepEqual(existing(links), []);
  await allEnded();
  t.false(existsSync(labFolder(name)));
});

labTest("a lab of a test that was killed is cleared away by the next lab, whatever its name", async (t) => {
  const [left, next] = [newName(), newName()];
  const script = `import { createLab } from ${JSON.stringify(join(import.meta.dirname, "../../lab/lab.ts"))};
    await createLab({ name: ${JSON.stringify(left)}, hypervisors: 1, libvirt: false }); process.kill(process.pid, "SIGKILL");`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], { stdio: "ignore" });
  await new Promise((resolve) => child.on("close", resolve));
  t.true(existsSync(labFolder(left)));
  const lab = await createLab({ name: next, hypervisors: 1, libvirt: false });
  t.false(existsSync(labFolder(left)));
  await lab.down();
});

labTest("two labs run side by side, apart from each other", async (t) => {
  const labs: Lab[] = await Promise.all(
    [newName(), newName()].map((name) => createLab({ name, hypervisors: 1, uplinks: 1, libvirt: false })),
  );
  const [first, second] = labs.map((lab) => lab.hypervisors[0]?.connection);
  t.not(first?.host, second?.host);
  t.not(first?.hostKey, second?.hostKey);
  t.not(first?.privateKey, second?.privateKey);
  await labs[0]?.down();
  t.is((await labs[1]?.exec("hv1", ["hostname"]))?.stdout, "hv1\n");
  await labs[1]?.down();
});
