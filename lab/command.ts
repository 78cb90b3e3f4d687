import { spawn } from "node:child_process";
import { LabError } from "./lab-error.ts";

export interface CommandResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** Standard input; nothing when left out. */
  readonly input?: string | Uint8Array;
  /** Milliseconds until the command is killed. Default 60,000. */
  readonly timeout?: number;
}

/** The lab's commands see the same few variables on every machine: a locale or a PATH of the user's changes nothing. */
export const environment = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: "/root",
  LC_ALL: "C.UTF-8",
};

/** Runs a command to its end; 127 when there is no such command. */
export function attempt(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const [file = "", ...args] = argv;
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      env: environment,
      stdio: ["pipe", "pipe", "pipe"],
      timeout: options.timeout ?? 60_000,
      killSignal: "SIGKILL",
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    // A command that ends without reading its input breaks the pipe: its status says enough.
    child.stdin.on("error", () => {});
    child.stdin.end(options.input ?? "");
    child.on("error", (error) => resolve({ status: 127, stdout: "", stderr: `${file}: ${error.message}` }));
    // What it has started may live on where it was killed, with its pipes, whose end nobody waits for then.
    child.on("exit", () => {
      if (child.killed) for (const stream of [child.stdout, child.stderr]) stream.destroy();
    });
    child.on("close", (status, signal) => {
      const killed = signal === null ? "" : `${file}: killed by ${signal}\n`;
      resolve({
        status: status ?? 137,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString() + killed,
      });
    });
  });
}

/** Runs a command that must succeed and gives its standard output. */
export async function run(argv: readonly string[], options: CommandOptions = {}): Promise<string> {
  const result = await attempt(argv, options);
  if (result.status !== 0) {
    const said = result.stderr.trim() || result.stdout.trim() || "nothing on stderr";
    throw new LabError("lab_command", `${argv.join(" ")} ended with ${result.status}: ${said}`);
  }
  return result.stdout;
}
