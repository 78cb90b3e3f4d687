// The machine that tests of machines share: it boots once, and each file of them begins where it had booted.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const lab = (folder, args) =>
  new Promise((ended) => {
    const child = spawn(process.execPath, [resolve("lab/main.ts"), ...args], {
      cwd: folder,
      stdio: ["ignore", "ignore", "inherit"],
    });
    child.on("error", () => ended(1));
    child.on("close", (status) => ended(status ?? 1));
  });

/** Starts it; `environment` tells the tests, and is empty where it did not start: then each file starts one of its own. */
export async function startSharedMachine() {
  const name = `shared-${process.pid}`;
  const folder = mkdtempSync(join(tmpdir(), "shared-machine-"));
  const stop = async () => {
    await lab(folder, ["down", "--name", name]);
    rmSync(folder, { recursive: true });
  };
  for (const args of [
    ["up", "--name", name, "--machines", "1", "--uplinks", "2"],
    ["snapshot", "m1", "--name", name],
  ])
    if ((await lab(folder, args)) !== 0) return { environment: {}, stop };
  return { environment: { LAB_OF_SHARED_MACHINE: name }, stop };
}
