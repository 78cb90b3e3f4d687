import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { machineLabTest } from "./machine.ts";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

interface Run {
  readonly pid: number;
  readonly status: number | null;
  readonly output: string;
}

const runDemo = (): Promise<Run> =>
  new Promise((resolve, reject) => {
    const args = ["demo/main.ts", "--machines"];
    const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
    child.on("error", reject);
    child.on("close", (status) => resolve({ pid: child.pid ?? 0, status, output }));
  });

const headings = [
  "A machine with an SR-IOV NIC",
  "What the NIC can",
  "The program",
  "The preview",
  "The update: VFs for running VMs",
  "Who reaches whom",
  "A change that is refused: five VFs",
  "The machine reboots",
  "Destroy, and nothing is left",
];

machineLabTest("the demo's part of machines shows every step, and checks its claims", async (t) => {
  t.timeout(1_500_000);
  const { pid, status, output } = await runDemo();
  t.is(status, 0, output);
  const shown = [...output.matchAll(/^── \d+ · (.*?) ─+$/gm)].map((each) => each[1]);
  t.deepEqual(shown, headings);
  const program = await readFile(join(root, "demo/machine-program.ts"), "utf8");
  t.true(output.includes(program.split("\n")[0] ?? "?"));
  t.regex(output, /Every claim above was checked, in \d+ s/);
  t.false(output.includes("\u001b"), "no colours where there is no terminal");
  t.false(existsSync(`/run/pulumi-kvm-network-lab/demo-${pid}`), "the lab is gone");
});
