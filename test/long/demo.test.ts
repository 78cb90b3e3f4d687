import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { root, runDemo } from "../demo/run-demo.ts";
import { machineLabTest } from "../machines/machine.ts";

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
  const { status, output, left, ...said } = await runDemo(["--machines"]);
  t.is(status, 0, said.lastWords);
  t.deepEqual(said.headings, headings);
  const program = await readFile(join(root, "demo/machine-program.ts"), "utf8");
  t.true(output.includes(program.split("\n")[0] ?? "?"));
  t.regex(output, /Every claim above was checked, in \d+ s/);
  t.false(output.includes("\u001b"), "no colours where there is no terminal");
  t.false(left, "the lab is gone");
});
