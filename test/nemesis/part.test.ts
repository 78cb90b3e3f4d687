import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { labTest } from "../lab/lab-test.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Evenly spread over its steps × faults: every fault, at steps of every operation. */
const part = ["--labs", "3", "--hosts", "7", "--cases", "200"];

labTest(
  "a part of the nemesis: after each fault the host is as before or as asked, and the next update converges",
  async (t) => {
    t.timeout(1_800_000);
    const nemesis = spawn(process.execPath, ["nemesis/main.ts", ...part], {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const said: string[] = [];
    for (const stream of [nemesis.stdout, nemesis.stderr])
      createInterface({ input: stream }).on("line", (line) => {
        said.push(line);
        t.log(line);
      });
    const status = await new Promise((resolve) => nemesis.on("close", resolve));
    const text = said.join("\n");
    t.is(status, 0, text);
    const [, tried, breaches] = /^(\d+) cases tried, (\d+) breaches$/m.exec(text) ?? [];
    t.is(tried, "200");
    t.is(breaches, "0");
  },
);
