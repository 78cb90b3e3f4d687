import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import test from "ava";

/** As Pulumi's dynamic provider does, and with an error of its own once nobody reads what it prints. */
const provider = `
import { handle } from ${JSON.stringify(fileURLToPath(new URL("../../provider/dynamic/handle.ts", import.meta.url)))};
process.on("uncaughtException", (error) => console.error(error.stack));
await handle("Uplink", "check", [{}, {}]);
console.log("ready");
setTimeout(() => Promise.reject(new Error("something")), 300);
setInterval(() => {}, 1000);
`;

test("a provider whose engine reads no output any more ends, whatever it prints", async (t) => {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", provider], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "exit");
  await once(child.stdout, "data");
  child.stdout.destroy();
  child.stderr.destroy();
  const given = setTimeout(() => child.kill("SIGKILL"), 20_000);
  const [status, signal] = await ended;
  clearTimeout(given);
  t.deepEqual([status, signal], [1, null]);
});
