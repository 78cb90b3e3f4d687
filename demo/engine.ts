import { appendFile, writeFile } from "node:fs/promises";
import { createStack, type Stack } from "../lab/stack.ts";
import { DemoFailed } from "./demo-failed.ts";
import type { Trim } from "./engine-output.ts";
import { command, line, paint, progress } from "./screen.ts";

/** The Pulumi engine on the demo's project: what it prints is shown trimmed, and kept whole in a file. */
export interface Engine {
  readonly stack: Stack;
  /** Runs `pulumi ARGS`, which must come out so, and shows it; gives all that was printed. */
  run(args: readonly string[], trim: () => Trim, outcome?: "done" | "refused"): Promise<string>;
  /** Waits for the engine, when it is interrupted, and removes the project. */
  end(): Promise<void>;
}

export interface EngineOptions {
  readonly program: string;
  readonly files: Readonly<Record<string, string>>;
  readonly interrupted: AbortSignal;
  /** The file that keeps all of the engine's output. */
  readonly log: string;
}

/** They answer questions that nobody reading needs to have asked. */
const unshown = ["--yes", "--skip-preview"];

export async function startEngine({ log, ...options }: EngineOptions): Promise<Engine> {
  await writeFile(log, "");
  let hear: (text: string) => void = () => {};
  const stack = await createStack({ project: "demo", onOutput: (text) => hear(text), ...options });
  let running: Promise<unknown> = Promise.resolve();
  return {
    stack,
    end: async () => {
      await running;
      await stack.remove();
    },
    run: async (args, trim, outcome = "done") => {
      const shown = `pulumi ${args.filter((argument) => !unshown.includes(argument)).join(" ")}`;
      command("$", shown);
      const started = performance.now();
      const trimmed = trim();
      let rest = "";
      hear = (text) => {
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        for (const row of lines.flatMap((each) => trimmed.line(each))) line(row);
      };
      const ended = stack.pulumi(args);
      running = ended;
      const { status, stdout, stderr } = await progress(`pulumi ${args[0]}`, () => ended, true);
      hear = () => {};
      await appendFile(log, `$ pulumi ${args.join(" ")}\n${stdout}${stderr}\n`);
      if ((status === 0) !== (outcome === "done"))
        throw new DemoFailed(`${shown} ended with ${status}:\n${stdout}${stderr}`);
      const { lines, counts } = trimmed.end();
      for (const row of lines) line(row);
      if (counts !== "") line(`  ${counts}  ${paint("dim", `${Math.round((performance.now() - started) / 1000)} s`)}`);
      return stdout + (outcome === "refused" ? stderr : "");
    },
  };
}
