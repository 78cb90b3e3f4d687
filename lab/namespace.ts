import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { guestCacheFolder } from "./cache.ts";
import { environment, run } from "./command.ts";
import { namespaceFolder } from "./folder.ts";
import { LabError } from "./lab-error.ts";
import { end, identify, isAlive, type ProcessIdentity, parseStat } from "./process-identity.ts";
import { waitUntil } from "./wait-until.ts";

/** A hypervisor or the switch: network, mount, UTS, IPC, PID and cgroup namespaces that live as long as their init. */
export interface Namespace {
  readonly name: string;
  /** Its part of the lab's folder. */
  readonly folder: string;
  /** The init's number outside. */
  readonly pid: number;
}

const unshared = ["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"];

const initScript = join(import.meta.dirname, "init.sh");

/** Makes a namespace that outlives this process; `end` ends it. */
export async function startNamespace(lab: string, name: string): Promise<Namespace> {
  const folder = namespaceFolder(lab, name);
  await preparePrivateFolders(folder, name);
  writeFileSync(join(folder, "permit"), "");
  // The shell forks the first process of the new PID namespace and ends, so that no parent stays behind.
  const script = 'sh "$@" </dev/null 2>"$2/init.log" &';
  const child = spawn(
    "unshare",
    [...unshared, "sh", "-c", script, "sh", initScript, folder, name, guestCacheFolder()],
    {
      detached: true,
      env: environment,
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const said = await new Promise<{ stdout: string; stderr: string }>((resolve, reject) => {
    const text = { stdout: "", stderr: "" };
    child.stdout.on("data", (chunk: Buffer) => {
      text.stdout += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      text.stderr += chunk.toString();
    });
    child.on("error", reject);
    // The pipes end when init has let go of them, or failed.
    child.on("close", () => resolve(text));
  });
  const init = initOf(lab, name);
  if (said.stdout.trim() !== "ready" || init === undefined) {
    const log = join(folder, "init.log");
    const problem = said.stderr + (existsSync(log) ? readFileSync(log, "utf8") : "");
    throw new LabError(
      "lab_namespace",
      `the namespace ${name} did not start: ${problem.trim() || "its init is silent"}`,
    );
  }
  return { name, folder, pid: init.pid };
}

/** What a daemon may write to is private: copies of /etc, and empty folders in place of the others. */
async function preparePrivateFolders(folder: string, name: string): Promise<void> {
  for (const part of [
    "var/lib",
    "var/log",
    "var/cache",
    "var/tmp",
    "root",
    "home",
    "tmp",
    "run/lock",
    "run/lab-guest",
    "usr/local",
  ])
    mkdirSync(join(folder, part), { recursive: true, mode: 0o755 });
  await run(["chmod", "1777", join(folder, "tmp"), join(folder, "var/tmp"), join(folder, "run/lock")]);
  await run(["chmod", "0700", join(folder, "root")]);
  await run(["ln", "-s", "/run", join(folder, "var/run")]);
  await run(["ln", "-s", "/run/lock", join(folder, "var/lock")]);
  await run(["cp", "-a", "/etc", join(folder, "etc")]);
  await run(["cp", "-a", "/usr/local/sbin", join(folder, "usr/local/sbin")]);
  writeFileSync(join(folder, "etc/hostname"), `${name}\n`);
  writeFileSync(join(folder, "etc/hosts"), `127.0.0.1 localhost\n127.0.1.1 ${name}\n::1 localhost\n`);
}

/** Undefined when the namespace was not started, or has ended. */
export function initOf(lab: string, name: string): ProcessIdentity | undefined {
  const path = join(namespaceFolder(lab, name), "init.stat");
  const identity = existsSync(path) ? parseStat(readFileSync(path, "utf8")) : undefined;
  // The state in the file is that of when it was written.
  return identity !== undefined && isAlive(identity) ? identity : undefined;
}

/** The namespace of a lab that is up. */
export function findNamespace(lab: string, name: string): Namespace {
  const init = initOf(lab, name);
  if (init === undefined) throw new LabError("lab_not_running", `${name} of the lab ${lab} does not run`);
  return { name, folder: namespaceFolder(lab, name), pid: init.pid };
}

/** Ends a namespace with everything in it, also one that is only just being made. */
export async function endNamespace(lab: string, name: string): Promise<void> {
  rmSync(join(namespaceFolder(lab, name), "permit"), { force: true });
  const init = initOf(lab, name);
  if (init === undefined) return;
  end(init);
  await waitUntil(`the end of ${name} (process ${init.pid})`, 20, () => (isAlive(init) ? undefined : true));
}

/** The command that runs `argv` inside. */
export const enter = (namespace: Namespace, argv: readonly string[]): string[] => [
  "nsenter",
  `--target=${namespace.pid}`,
  ...unshared,
  "--",
  ...argv,
];

/** The command that runs `argv` with the namespace's links but this machine's files. */
export const enterNetwork = (namespace: Namespace, argv: readonly string[]): string[] => [
  "nsenter",
  `--target=${namespace.pid}`,
  "--net",
  "--",
  ...argv,
];

/** The command that runs `argv` so that it ends with the namespace, which is all that it sees of it. */
export const enterProcesses = (namespace: Namespace, argv: readonly string[]): string[] => [
  "nsenter",
  `--target=${namespace.pid}`,
  "--pid",
  "--",
  ...argv,
];

export const identityOfThisProcess = (): ProcessIdentity => {
  const identity = identify(process.pid);
  if (identity === undefined) throw new LabError("lab_proc", "/proc is not mounted");
  return identity;
};
