import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { alone } from "../../provider/host/script/alone.ts";

const folder = mkdtempSync(join(tmpdir(), "alone-"));
const lock = join(folder, "lock");
test.after.always(() => rmSync(folder, { recursive: true }));

for (const sh of ["dash", "bash", "busybox"]) {
  const run = (script: string) => {
    const args = [...(sh === "busybox" ? ["sh"] : []), "-c", `${alone}${script}`];
    const { stdout, status } = spawnSync(sh, args, { encoding: "utf8", timeout: 20_000 });
    return `${stdout}${status}`;
  };

  test.serial(`${sh}: one at a time, and what it leaves behind holds no lock`, (t) => {
    const said = run(`
      leave() { sleep 1000 >/dev/null 2>&1 & left=$!; flock -n ${lock} true || echo "held for $1"; return 7; }
      alone must -n ${lock} leave me
      echo $?
      flock -n ${lock} true && echo free
      kill $left`);
    t.is(said, "held for me\n7\nfree\n0");
  });

  test.serial(`${sh}: who must have the lock does nothing without it, who may goes on behind his time`, (t) => {
    const said = run(`
      exec 8>>${lock}
      flock 8
      alone must -n ${lock} echo without
      echo $?
      alone may '-w 1' ${lock} echo with
      alone may '-w 1' ${folder}/none/lock echo where there is no room 2>/dev/null || echo 'goes on'`);
    t.is(said, "0\nwith\ngoes on\n0");
  });
}
