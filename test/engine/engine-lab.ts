import type { TestFn } from "ava";
import { createLab, type Lab, type LabConnection, type LabOptions } from "../../lab/lab.ts";
import { createStack, type Stack } from "../../lab/stack.ts";

/** One hypervisor of a lab, and stacks that the real engine runs against it. */
export class EngineLab {
  readonly lab: Lab;
  readonly connection: LabConnection;
  readonly #stacks: Stack[] = [];

  constructor(lab: Lab) {
    const [hypervisor] = lab.hypervisors;
    if (hypervisor === undefined) throw new Error("a lab without hypervisors");
    this.lab = lab;
    this.connection = hypervisor.connection;
  }

  /** What a test itself does on the host. */
  async sh(script: string): Promise<string> {
    const { status, stdout, stderr } = await this.lab.exec("hv1", ["sh", "-euc", script]);
    if (status !== 0) throw new Error(`${script}: ${stderr}`);
    return stdout;
  }

  /** A project whose program can say `connection` and everything of the package. */
  async stack(project: string, body: string, files: Readonly<Record<string, string>> = {}): Promise<EngineStack> {
    const stack = await createStack({
      project,
      program: program(body),
      files: { "connection.json": JSON.stringify(this.connection), ...files },
    });
    this.#stacks.push(stack);
    return new EngineStack(stack);
  }

  async remove(): Promise<void> {
    await Promise.all(this.#stacks.map((stack) => stack.remove()));
    await this.lab.down();
  }
}

const program = (body: string): string => `import { readFileSync } from "node:fs";
import { getHost, HostBridge, MacvtapEndpoint, Uplink, VmInterface } from "pulumi-kvm-network";
const connection = JSON.parse(readFileSync("connection.json", "utf8"));
${body}`;

/** What a preview says of one resource. */
export interface Planned {
  readonly name: string;
  /** `create`, `update`, `replace`, `delete`, … */
  readonly op: string;
  /** The inputs that differ: `mode`, `realization.kind`. */
  readonly differing: readonly string[];
}

interface PreviewStep {
  readonly op: string;
  readonly urn: string;
  readonly detailedDiff?: Readonly<Record<string, unknown>> | null;
}

const isOurs = ({ urn }: { readonly urn: string }): boolean => urn.includes("kvm-network:");
const nameOf = (urn: string): string => urn.slice(urn.lastIndexOf("::") + 2);

export class EngineStack {
  readonly stack: Stack;

  constructor(stack: Stack) {
    this.stack = stack;
  }

  /** Another program in place of the one before. */
  async edit(body: string): Promise<void> {
    await this.stack.write("index.ts", program(body));
  }

  async up(...args: readonly string[]): Promise<string> {
    return await this.stack.must(["up", "--yes", "--skip-preview", ...args]);
  }

  async destroy(...args: readonly string[]): Promise<string> {
    return await this.stack.must(["destroy", "--yes", "--skip-preview", ...args]);
  }

  /** What a refresh finds, as it is shown: property by property. */
  async refresh(...args: readonly string[]): Promise<string> {
    return await this.stack.must(["refresh", "--yes", "--skip-preview", "--diff", ...args]);
  }

  /** What an update would do to our resources; nothing for those that stay. */
  async preview(): Promise<Planned[]> {
    const { steps }: { steps: PreviewStep[] } = JSON.parse(await this.stack.must(["preview", "--json"]));
    return steps
      .filter((step) => isOurs(step) && step.op !== "same" && step.op !== "read")
      .map(({ op, urn, detailedDiff }) => ({
        name: nameOf(urn),
        op,
        differing: Object.keys(detailedDiff ?? {}).sort(),
      }));
  }

  /** Fails when an update, after a look at the host, would change anything. */
  async mustBeUnchanged(): Promise<void> {
    await this.stack.must(["preview", "--refresh", "--diff", "--expect-no-changes"]);
  }

  /** The outputs of a resource by its name in the program. */
  async state(name: string): Promise<Record<string, unknown>> {
    const found = (await this.stack.resources()).find(({ urn }) => nameOf(urn) === name);
    if (found === undefined) throw new Error(`no resource ${name} in the state`);
    return found.outputs;
  }
}

/** A lab for the tests of one file, gone with its stacks afterwards. */
export const useEngineLab = (
  test: TestFn,
  name: string,
  uplinks: number,
  prepare: (on: EngineLab) => Promise<void> = async () => {},
  options: Pick<LabOptions, "ordinaryUser"> = {},
): (() => EngineLab) => {
  let engineLab: EngineLab | undefined;
  test.before(async () => {
    engineLab = new EngineLab(await createLab({ name, hypervisors: 1, uplinks, ...options }));
    await prepare(engineLab);
  });
  test.after.always(async () => {
    await engineLab?.remove();
  });
  return () => {
    if (engineLab === undefined) throw new Error("the lab did not start");
    return engineLab;
  };
};
