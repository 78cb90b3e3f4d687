import { spawn } from "node:child_process";
import { join } from "node:path";

const program = join(import.meta.dirname, "../../cli/main.ts");

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `pulumi-kvm-network` as a user does, its output going to a pipe. */
export const command = (args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Ended> => {
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, SSH_AUTH_SOCK: "", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
  });
  return new Promise((resolve) => child.on("close", (status) => resolve({ status, stdout, stderr })));
};
