import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import type { Answer, Host, Request, Step, StepResult } from "../../provider/host/host.ts";
import { factsVerb } from "../../provider/host/script/facts-verb.ts";

/** A network namespace of one test, as a Host: the steps are really done there, without SSH. */
export class Namespace implements Host {
  readonly name = "ns.example.net";
  generation = 0;
  readonly #holder: ChildProcess;

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
  }

  static async open(): Promise<Namespace> {
    const holder = spawn("unshare", ["-nm", "sh", "-c", "mount -t sysfs sysfs /sys && echo ready && exec cat"]);
    await once(holder.stdout, "data");
    return new Namespace(holder);
  }

  close(): void {
    this.#holder.kill();
  }

  /** A command inside, for what the test itself does and looks at. */
  sh(script: string): string {
    const { status, stdout, stderr } = this.#run(["sh", "-euc", script]);
    if (status !== 0) throw new Error(`${script}: ${stderr}`);
    return stdout;
  }

  spawn(argv: readonly string[]): ChildProcess {
    return spawn("nsenter", [...this.#enter, ...argv]);
  }

  async request({ steps, change }: Request): Promise<Answer> {
    if (change !== undefined) this.generation += 1;
    const results: StepResult[] = [];
    for (const [index, step] of steps.entries()) {
      const result = this.#step(step);
      results.push(result);
      if (result.status !== 0 && !step.mayFail) return { results, failed: index };
    }
    return { results };
  }

  get #enter(): string[] {
    return ["-t", String(this.#holder.pid), "-n", "-m"];
  }

  #run(argv: readonly string[], input = ""): StepResult {
    const { status, stdout, stderr } = spawnSync("nsenter", [...this.#enter, ...argv], { input, encoding: "utf8" });
    return { status: status ?? 255, stdout, stderr };
  }

  #step(step: Step): StepResult {
    if (step.verb === "run") return this.#run(step.argv, step.input);
    if (step.verb === "set") return this.#run(["sh", "-c", 'printf %s "$2" >"$1"', "set", step.path, step.value]);
    if (step.verb === "facts") {
      const script = `set -f\nLC_ALL=C; export LC_ALL; KVMNET_SESSION=\n${factsVerb}\nverb_facts ${step.link ?? ""}\n`;
      return this.#run(["dash", "-s"], script);
    }
    const read = this.#run(["cat", step.path]);
    const differs = step.equals !== undefined && read.stdout.replace(/\n$/, "") !== step.equals;
    return differs ? { ...read, status: 1 } : read;
  }
}
