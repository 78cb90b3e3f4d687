import { spawn } from "node:child_process";
import { join } from "node:path";

const program = join(import.meta.dirname, "../../cli/main.ts");

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const run = (argv: readonly string[], environment: NodeJS.ProcessEnv): Promise<Ended> => {
  const [file = "", ...args] = argv;
  // Node takes a terminal of a build machine (CI) for one without colours.
  const { NO_COLOR: _none, FORCE_COLOR: _forced, CI: _machine, ...inherited } = process.env;
  const env = { ...inherited, SSH_AUTH_SOCK: "", ...environment };
  const child = spawn(file, args, { env, stdio: ["ignore", "pipe", "pipe"] });
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

/** Runs `pulumi-kvm-network` as a user does, its output going to a pipe. */
export const command = (args: readonly string[]): Promise<Ended> => run([process.execPath, program, ...args], {});

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** The same with a terminal of util-linux's script(1). */
export const commandOnTerminal = (args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Ended> =>
  run(["script", "-qec", [process.execPath, program, ...args].map(quoted).join(" "), "/dev/null"], {
    TERM: "xterm-256color",
    ...environment,
  });
