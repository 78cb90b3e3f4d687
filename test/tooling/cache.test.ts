import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { cached } from "../../tools/setup/cache.mjs";

const folder = mkdtempSync(join(tmpdir(), "kvm-network-cache-"));
test.before(() => {
  process.env.PULUMI_KVM_NETWORK_CACHE = folder;
});
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

test.serial("a folder is made once", async (t) => {
  let made = 0;
  const make = (into: string) => {
    made += 1;
    writeFileSync(join(into, "file"), "whole");
  };
  const place = await cached("once", make);
  t.is(await cached("once", make), place);
  t.is(made, 1);
  t.is(readFileSync(join(place, "file"), "utf8"), "whole");
});

test.serial("a folder whose making fails is not there", async (t) => {
  const failing = cached("failed", (into: string) => {
    writeFileSync(join(into, "half"), "");
    throw new Error("no network");
  });
  await t.throwsAsync(failing, { message: "no network" });
  t.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith("failed")),
    [],
  );
});

test.serial("of two makers at a time both get a whole folder", async (t) => {
  const other = join(folder, "raced");
  const place = await cached("raced", (into: string) => {
    writeFileSync(join(into, "file"), "ours");
    mkdirSync(other);
    writeFileSync(join(other, "file"), "theirs");
  });
  t.is(readFileSync(join(place, "file"), "utf8"), "theirs");
});

test.serial("what a killed maker left is removed by the next one", async (t) => {
  const dead = spawn("true");
  await once(dead, "close");
  const left = join(folder, `left.making-${dead.pid}`);
  mkdirSync(left);
  await cached("next", () => {});
  t.false(existsSync(left));
});
