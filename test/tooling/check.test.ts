import { spawnSync } from "node:child_process";
import test from "ava";

test("types, style, dead code, layers and the package are clean", (t) => {
  t.timeout(300_000);
  const check = spawnSync(process.execPath, ["tools/check.mjs"], { encoding: "utf8" });
  t.is(check.status, 0, `${check.stdout}${check.stderr}`);
});
