import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import test from "ava";
import { z } from "zod";
import { command } from "../cli/command.ts";
import { labCommand } from "./lab-command.ts";
import { labName, labTest } from "./lab-test.ts";

const folder = mkdtempSync(join(tmpdir(), "lab-"));
const name = labName();

const labFile = z.object({
  hypervisors: z.array(
    z.strictObject({
      name: z.string(),
      connection: z.strictObject({
        host: z.string(),
        port: z.literal(22),
        user: z.literal("root"),
        privateKey: z.string().startsWith("-----BEGIN OPENSSH PRIVATE KEY-----"),
        hostKey: z.string().regex(/^ssh-ed25519 [\w+/]+=*$/),
      }),
      uplinks: z.array(z.string()),
      nics: z.tuple([]),
    }),
  ),
  switch: z.strictObject({ name: z.string(), ports: z.record(z.string(), z.string()) }),
});

let upSaid = "";

const readLab = () => labFile.parse(JSON.parse(readFileSync(join(folder, "lab.json"), "utf8")));

test.after.always(async () => {
  await labCommand(folder, ["down", "--name", name]);
  rmSync(folder, { recursive: true });
});

labTest("up tells of every hypervisor and switch port in lab.json", async (t) => {
  const up = await labCommand(folder, ["up", "--name", name, "--hypervisors", "2", "--uplinks", "3"]);
  t.is(up.status, 0, up.stderr);
  upSaid = up.stdout;
  const lab = readLab();
  t.deepEqual(
    lab.hypervisors.map(({ name, uplinks }) => [name, uplinks]),
    [
      ["hv1", ["eth1", "eth2", "eth3"]],
      ["hv2", ["eth1", "eth2", "eth3"]],
    ],
  );
  t.deepEqual(Object.keys(lab.switch.ports).sort(), [
    "hv1/eth1",
    "hv1/eth2",
    "hv1/eth3",
    "hv2/eth1",
    "hv2/eth2",
    "hv2/eth3",
  ]);
});

labTest("up says how to look at a hypervisor, and that works", async (t) => {
  const told = /explain (\S+) --identity (\S+) --host-key "(.+)"$/m.exec(upSaid) ?? [];
  const [, login = "", identity = "", hostKey = ""] = told;
  const { status, stdout, stderr } = await command(["explain", login, "--identity", identity, "--host-key", hostKey]);
  t.is(status, 0, stderr);
  t.regex(stdout, /^hv1 +Linux/);
});

test("what is no command of the lab is told with what is, and --help tells it too", async (t) => {
  const { status, stderr } = await labCommand(folder, ["up", "--nam", "x"]);
  t.is(status, 1);
  t.regex(stderr, /'--nam'[\s\S]*usage: lab up/);
  t.notRegex(stderr, /^\s+at /m);
  const help = await labCommand(folder, ["--help"]);
  t.is(help.status, 0);
  t.regex(help.stdout, /usage: lab up/);
});

labTest("OpenSSH's client logs in with what lab.json says, host key pinned", async (t) => {
  for (const { name: hypervisor, connection } of readLab().hypervisors) {
    const [key, hosts] = [join(folder, "key"), join(folder, "known_hosts")];
    writeFileSync(key, connection.privateKey, { mode: 0o600 });
    writeFileSync(hosts, `${connection.host} ${connection.hostKey}\n`);
    const options = ["StrictHostKeyChecking=yes", `UserKnownHostsFile=${hosts}`, "BatchMode=yes", "IdentitiesOnly=yes"];
    const args = [...options.flatMap((option) => ["-o", option]), "-F", "none", "-i", key];
    const { stdout } = await promisify(execFile)("ssh", [...args, `root@${connection.host}`, "hostname; virsh uri"]);
    t.is(stdout.trim(), `${hypervisor}\nqemu:///system`);
  }
});

labTest("exec hands standard input, output and exit status through", async (t) => {
  const script = 'cat; hostname; echo "$1" >&2; exit 7';
  const result = await labCommand(folder, ["exec", "hv2", "--", "sh", "-c", script, "sh", "--name x"], "in\n");
  t.deepEqual(result, { status: 7, stdout: "in\nhv2\n", stderr: "--name x\n" });
});

labTest("hairpin turns reflective relay of one port of the switch on and off", async (t) => {
  const lab = readLab();
  const port = lab.switch.ports["hv2/eth1"] ?? "";
  const hairpin = async (of: string) =>
    (await labCommand(folder, ["exec", lab.switch.name, "--", "cat", `/sys/class/net/${of}/brport/hairpin_mode`]))
      .stdout;
  t.is((await labCommand(folder, ["hairpin", "hv2/eth1", "on"])).status, 0);
  t.is(await hairpin(port), "1\n");
  t.is(await hairpin(lab.switch.ports["hv1/eth1"] ?? ""), "0\n");
  t.is((await labCommand(folder, ["hairpin", "hv2/eth1", "off"])).status, 0);
  t.is(await hairpin(port), "0\n");
});

labTest("an uplink that is not there is named together with those that are", async (t) => {
  const { status, stderr } = await labCommand(folder, ["hairpin", "hv1/eth9", "on"]);
  t.is(status, 1);
  t.regex(stderr, /hv1\/eth9: the switch has ports for hv1\/eth1, /);
});

labTest("a second lab of the name is refused and the first one stays", async (t) => {
  const { status, stderr } = await labCommand(folder, ["up", "--name", name]);
  t.is(status, 1);
  t.regex(stderr, new RegExp(`a lab named ${name} is up`));
  t.is((await labCommand(folder, ["exec", "hv1", "--", "true"])).status, 0);
});

labTest("down takes the folder's lab and its lab.json away, and is fine when there is none", async (t) => {
  t.is((await labCommand(folder, ["down"])).status, 0);
  t.false(existsSync(join(folder, "lab.json")));
  t.is((await labCommand(folder, ["down", "--name", name])).status, 0);
  const { status, stderr } = await labCommand(folder, ["exec", "--name", name, "hv1", "--", "true"]);
  t.is(status, 1);
  t.regex(stderr, /no lab named/);
});
