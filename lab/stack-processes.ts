import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

interface StackProcess {
  readonly pid: number;
  readonly command: string;
}

/** What can be read of a process; nothing of one that ends meanwhile. */
const read = (pid: number, file: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
};

/** All that runs for a stack, told by the home that its engine was given: the engine, its language host, program and provider. */
export const processesOf = (folder: string): StackProcess[] =>
  readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && read(pid, "environ").includes(`PULUMI_HOME=${join(folder, "home")}\0`))
    .map((pid) => ({ pid, command: read(pid, "cmdline").replaceAll("\0", " ") }));

export const isEngine = ({ command }: StackProcess): boolean => /^(\S*\/)?pulumi /.test(command);

export const isProvider = ({ command }: StackProcess): boolean => /pulumi-resource-|dynamic-provider/.test(command);

export const kill = (processes: readonly StackProcess[]): void => {
  for (const { pid } of processes) {
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      // It ended meanwhile.
      if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
    }
  }
};
