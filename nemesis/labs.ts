import { createLab } from "../lab/lab.ts";
import { createStack, type Stack } from "../lab/stack.ts";
import { NemesisHost } from "./host.ts";
import { chainsOfHosts, hostsFile } from "./program.ts";
import { record } from "./record.ts";
import type { Course, Nemesis } from "./round.ts";

interface Opened {
  readonly nemesis: Nemesis;
  readonly course: Course;
  readonly close: () => Promise<void>;
}

/** The labs of a run: each with its hosts, a stack of them, and what an undisturbed life of that is like. */
export class Labs {
  readonly #name: string;
  readonly #hosts: number;
  readonly #open = new Map<string, () => Promise<void>>();
  #opened = 0;

  constructor(name: string, hosts: number) {
    this.#name = name;
    this.#hosts = hosts;
  }

  get names(): string[] {
    return [...this.#open.keys()];
  }

  async open(): Promise<Opened> {
    this.#opened += 1;
    const name = `${this.#name}-${this.#opened}`;
    const lab = await createLab({ name, hypervisors: this.#hosts, uplinks: 3 });
    const hosts: NemesisHost[] = [];
    const stacks: Stack[] = [];
    const close = async () => {
      this.#open.delete(name);
      await Promise.all([...stacks, ...hosts.map(({ rival }) => rival)].map((stack) => stack.remove()));
      await lab.down();
    };
    this.#open.set(name, close);
    const made = lab.hypervisors.map((each, index) => {
      const chain = chainsOfHosts[index % chainsOfHosts.length] ?? chainsOfHosts[0];
      return NemesisHost.of(lab, each, chain);
    });
    hosts.push(...(await Promise.all(made)));
    const files = { "hosts.json": hostsFile(hosts) };
    const stack = await createStack({ project: "nemesis", program: "", files });
    stacks.push(stack);
    return { nemesis: { hosts, stack }, course: await record({ hosts, stack }), close };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map((close) => close()));
  }
}
