import { spawn } from "node:child_process";
import { join } from "node:path";

export const program = join(import.meta.dirname, "../../lab/main.ts");

/** Runs the lab's program as a user does, in a folder. */
export function labCommand(
  folder: string,
  args: readonly string[],
  input = "",
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [program, ...args], { cwd: folder });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  child.stdin.end(input);
  return new Promise((resolve) => child.on("close", (status) => resolve({ status, stdout, stderr })));
}
