import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import test from "ava";
import { createLab, type Lab, type LabConnection } from "../../lab/lab.ts";
import { sshLog } from "../../lab/ssh-daemon.ts";
import { addUser } from "../../lab/user.ts";
import { labName, labTest } from "./lab-test.ts";

const folder = mkdtempSync(join(tmpdir(), "lab-"));
let lab: Lab;
test.before(async () => {
  lab = await createLab({ name: labName(), hypervisors: 1, libvirt: false });
});
test.after.always(async () => {
  await lab?.down();
  rmSync(folder, { recursive: true });
});

function ssh(connection: LabConnection, command: string) {
  const [key, hosts] = [join(folder, "key"), join(folder, "known_hosts")];
  writeFileSync(key, connection.privateKey, { mode: 0o600 });
  writeFileSync(hosts, `${connection.host} ${connection.hostKey}\n`);
  const options = ["-F", "none", "-i", key, "-o", `UserKnownHostsFile=${hosts}`, "-o", "BatchMode=yes"];
  return promisify(execFile)("ssh", [...options, `${connection.user}@${connection.host}`, command]);
}

labTest("an ordinary user logs in, and may use sudo only when sudoers says so", async (t) => {
  const plain = await addUser(lab, "hv1", "plain");
  const operator = await addUser(lab, "hv1", "operator", { sudo: "ALL=(root) NOPASSWD: ALL" });
  t.is((await ssh(plain, "id -un; pwd")).stdout, "plain\n/home/plain\n");
  await t.throwsAsync(ssh(plain, "sudo -n id -un"), { message: /password is required/ });
  t.is((await ssh(operator, "sudo -n id -un")).stdout, "root\n");
  t.notRegex(readFileSync("/etc/passwd", "utf8"), /^(plain|operator):/m);
});

labTest("whoever asks for an ordinary user on a machine, where there is none, is told at once", async (t) => {
  const machine = createLab({ name: labName(), hypervisors: 0, machines: 1, ordinaryUser: true });
  await t.throwsAsync(machine, { code: "lab_user", message: /not on machines/ });
});

labTest("sshd's log tells each connection and session", async (t) => {
  const log = () => readFileSync(sshLog(lab.namespace("hv1")), "utf8");
  const [connection] = lab.hypervisors.map((hypervisor) => hypervisor.connection);
  if (connection === undefined) return t.fail("no hypervisor");
  const count = (pattern: RegExp) => log().match(pattern)?.length ?? 0;
  const [connections, sessions] = [count(/^Connection from/gm), count(/^Starting session/gm)];
  await ssh(connection, "true");
  t.is(count(/^Connection from/gm), connections + 1);
  t.is(count(/^Starting session/gm), sessions + 1);
});
