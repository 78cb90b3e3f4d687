import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { helperPath } from "../../provider/host/script/helper-path.ts";
import { command } from "./command.ts";

const helper = async (...options: string[]): Promise<string> => {
  const { status, stdout, stderr } = await command(["helper", ...options]);
  if (status !== 0) throw new Error(stderr);
  return stdout;
};

const folder = mkdtempSync(join(tmpdir(), "helper-"));
test.after.always(() => rmSync(folder, { recursive: true }));

test("--digest is the digest of what --script prints, and of what --sudoers allows", async (t) => {
  const digest = createHash("sha256")
    .update(await helper("--script"))
    .digest("hex");
  t.is(await helper("--digest"), `${digest}\n`);
  t.true((await helper("--sudoers", "kvm")).includes(`kvm ALL=(root) NOPASSWD: sha256:${digest} ${helperPath} `));
});

test("what --script prints is a script that each shell reads", async (t) => {
  const script = await helper("--script");
  t.regex(script, /^#!\/bin\/sh\n/);
  for (const [program, ...options] of [["dash"], ["bash", "--posix"], ["busybox", "sh"]] as const)
    t.notThrows(() => execFileSync(program, [...options, "-n"], { input: script }), program);
});

for (const name of ["kvm", "kvm-operator", "%kvm", "k.v_m9"]) {
  test(`what --sudoers ${name} prints is read by visudo`, async (t) => {
    const file = join(folder, name.replace("%", "group-"));
    writeFileSync(file, await helper("--sudoers", name), { mode: 0o440 });
    t.notThrows(() => execFileSync("visudo", ["-cf", file]));
  });
}

test("without an option it tells what to do, with the digest and the file's place", async (t) => {
  const said = await helper();
  for (const part of [helperPath, (await helper("--digest")).trim(), "--script", "--sudoers USER", "visudo -cf"])
    t.true(said.includes(part), part);
});

test("--help tells of its options in 80 columns", async (t) => {
  const said = await helper("--help");
  for (const option of ["--script", "--digest", "--sudoers USER"]) t.true(said.includes(option));
  t.true(said.split("\n").every((line) => line.length <= 80));
});
