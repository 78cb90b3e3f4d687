import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

interface DemoRun {
  readonly pid: number;
  readonly status: number | null;
  readonly output: string;
  readonly headings: readonly string[];
  /** The end of it, where it says why it ended. */
  readonly lastWords: string;
  /** Whether its lab is still there. */
  readonly left: boolean;
}

/** Runs the demo as its user does; `watch` sees what it has printed so far. */
export const runDemo = (
  args: readonly string[] = [],
  watch: (output: string, pid: number) => void = () => {},
): Promise<DemoRun> =>
  new Promise((resolve, reject) => {
    const argv = ["demo/main.ts", ...args];
    const child = spawn(process.execPath, argv, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    const pid = child.pid ?? 0;
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        watch(output, pid);
      });
    child.on("error", reject);
    child.on("close", (status) => {
      const headings = [...output.matchAll(/^── \d+ · (.*?) ─+$/gm)].map((each) => each[1] ?? "");
      const lastWords = output.trimEnd().split("\n").slice(-12).join("\n");
      const left = existsSync(`/run/pulumi-kvm-network-lab/demo-${pid}`);
      resolve({ pid, status, output, headings, lastWords, left });
    });
  });
