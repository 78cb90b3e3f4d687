import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CommandResult } from "./command.ts";
import { LabError } from "./lab-error.ts";
import { isLookedAt, wasShown } from "./leaks.ts";
import { kill, processesOf } from "./stack-processes.ts";

const repository = dirname(dirname(fileURLToPath(import.meta.url)));

export interface StackOptions {
  /** The project's name. */
  readonly project: string;
  /** Default `dev`. */
  readonly stack?: string;
  /** The text of index.ts. */
  readonly program: string;
  /** More files beside it: lab.json, modules. */
  readonly files?: Readonly<Record<string, string>>;
  /** A backend shared with another stack, for stack references. Default: one of its own. */
  readonly backend?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Interrupts the engine, as Ctrl-C does. */
  readonly interrupted?: AbortSignal;
  /** Told each line that the engine prints, as it comes. */
  readonly onOutput?: (text: string) => void;
}

interface RunOptions extends Pick<StackOptions, "onOutput"> {
  readonly environment?: Record<string, string>;
}

/** A Pulumi project in a folder of its own, with its own backend, run by the real engine. */
export interface Stack {
  readonly folder: string;
  readonly backend: string;
  /** Replaces the program, or another file. */
  write(file: string, text: string): Promise<void>;
  /** Runs `pulumi ARGS` in the project; never throws for a failed run. */
  pulumi(args: readonly string[], options?: RunOptions): Promise<CommandResult>;
  /** The same where failing is an error that shows what the engine printed. */
  must(args: readonly string[], options?: RunOptions): Promise<string>;
  outputs(): Promise<Record<string, unknown>>;
  /** The resources of the state, provider and stack left out. */
  resources(): Promise<StackResource[]>;
  /** Removes the folder, and what still runs for it: an engine that was killed leaves others. The stack must have been destroyed. */
  remove(): Promise<void>;
}

export interface StackResource {
  readonly urn: string;
  readonly type: string;
  readonly id: string;
  readonly inputs: Record<string, unknown>;
  readonly outputs: Record<string, unknown>;
}

/** What keeps the engine to itself: no plugin downloads, no update check, no colours. And what it runs is compiled once for all stacks. */
const engineEnvironment = (home: string, backend: string): Record<string, string> => ({
  PULUMI_HOME: home,
  PULUMI_BACKEND_URL: backend,
  PULUMI_CONFIG_PASSPHRASE: "lab",
  PULUMI_SKIP_UPDATE_CHECK: "true",
  PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  NODE_COMPILE_CACHE: join(repository, "node_modules", ".cache", "node-compile"),
});

const execute = (
  argv: readonly string[],
  folder: string,
  environment: Record<string, string>,
  { onOutput, interrupted }: Pick<StackOptions, "onOutput" | "interrupted">,
): Promise<CommandResult> =>
  new Promise((resolve) => {
    const child = spawn("pulumi", argv, {
      cwd: folder,
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
      // A process group of its own: Ctrl-C on the terminal reaches it by `interrupted` alone, once. Twice would make it leave
      // its plugins behind.
      detached: interrupted !== undefined,
    });
    const interrupt = () => child.kill("SIGINT");
    interrupted?.addEventListener("abort", interrupt, { once: true });
    if (interrupted?.aborted) interrupt();
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      onOutput?.(text);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      onOutput?.(text);
    });
    child.on("error", (error) => resolve({ status: 127, stdout, stderr: `pulumi: ${error.message}` }));
    child.on("close", (status) => {
      interrupted?.removeEventListener("abort", interrupt);
      resolve({ status: status ?? 137, stdout, stderr });
    });
  });

/** Where a backend has the states of its stacks. */
export function stateFiles(backend: string): string[] {
  const stacks = join(fileURLToPath(backend), ".pulumi", "stacks");
  const names = readdirSync(stacks, { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(".json")).map((name) => join(stacks, name));
}

/** Leaves what an engine printed, and the states that it made, to be looked at for secrets: nobody asked to see them. */
export function engineShowed(args: readonly string[], said: string, backend: string): void {
  // By its first words: what else it is given (`config set`) is not shown.
  if (!args.includes("--show-secrets")) wasShown(`pulumi ${args.slice(0, 2).join(" ")}`, said);
  if (!args.includes("up") && !args.includes("refresh")) return;
  for (const file of stateFiles(backend)) wasShown(`the state ${file}`, readFileSync(file, "utf8"));
}

/** Makes the project: index.ts as it is (Node strips its types), this package as the program's dependency. */
export async function createStack(options: StackOptions): Promise<Stack> {
  const folder = await mkdtemp(join(tmpdir(), `${options.project}-`));
  const backend = options.backend ?? `file://${join(folder, "backend")}`;
  const stack = options.stack ?? "dev";
  await mkdir(join(folder, "backend"), { recursive: true });
  await mkdir(join(folder, "node_modules", "@pulumi"), { recursive: true });
  await symlink(repository, join(folder, "node_modules", "pulumi-kvm-network"));
  await symlink(
    join(repository, "node_modules", "@pulumi", "pulumi"),
    join(folder, "node_modules", "@pulumi", "pulumi"),
  );
  const write = (file: string, text: string) => writeFile(join(folder, file), text);
  await write(
    "Pulumi.yaml",
    `name: ${options.project}\nruntime:\n  name: nodejs\n  options:\n    typescript: false\nmain: index.ts\n`,
  );
  await write("package.json", `${JSON.stringify({ name: options.project, private: true, type: "module" })}\n`);
  await write("index.ts", options.program);
  for (const [file, text] of Object.entries(options.files ?? {})) await write(file, text);

  const environment = { ...engineEnvironment(join(folder, "home"), backend), ...options.environment };
  const pulumi: Stack["pulumi"] = async (args, more) => {
    const argv = ["--non-interactive", "--color=never", ...args];
    const result = await execute(argv, folder, { ...environment, ...more?.environment }, { ...options, ...more });
    if (isLookedAt) engineShowed(args, `${result.stdout}${result.stderr}`, backend);
    return result;
  };
  const must: Stack["must"] = async (args, more) => {
    const { status, stdout, stderr } = await pulumi(args, more);
    if (status !== 0)
      throw new LabError("lab_engine", `pulumi ${args.join(" ")} ended with ${status}:\n${stdout}${stderr}`);
    return stdout;
  };
  await must(["stack", "init", stack]);
  return {
    folder,
    backend,
    write,
    pulumi,
    must,
    outputs: async () => JSON.parse(await must(["stack", "output", "--json", "--show-secrets"])),
    resources: async () => {
      const state: { deployment: { resources?: Partial<StackResource>[] } } = JSON.parse(
        await must(["stack", "export"]),
      );
      return (state.deployment.resources ?? []).flatMap((each) =>
        each.type?.includes("kvm-network:") && each.urn !== undefined
          ? [
              {
                urn: each.urn,
                type: each.type,
                id: each.id ?? "",
                inputs: each.inputs ?? {},
                outputs: each.outputs ?? {},
              },
            ]
          : [],
      );
    },
    remove: async () => {
      kill(processesOf(folder));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The text of a file of the repository, for programs that are shown elsewhere too. */
export const repositoryFile = (path: string): Promise<string> => readFile(join(repository, path), "utf8");
