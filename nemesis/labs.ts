import { takeDown } from "../lab/down.ts";
import { createLab, type Lab } from "../lab/lab.ts";
import type { LabOptions } from "../lab/lab-options.ts";
import type { Stack } from "../lab/stack.ts";
import type { Tried } from "./cases.ts";
import type { Course, Nemesis, Operation } from "./round.ts";

/** Where cases are tried: hosts with a stack, and what an undisturbed life of that is like. */
export interface Ground {
  readonly nemesis: Nemesis;
  readonly course: Course;
  /**
   * Puts all to what an operation starts at, whatever there is. Where it is missing, operations follow one another, and what a breach
   * leaves would be the next one's.
   */
  readonly putTo?: (operation: Operation) => Promise<void>;
}

/** What a run's labs are of, and how each is furnished. `goes` is told of each stack that goes with its lab. */
export interface LabKind extends Tried {
  readonly lab: Omit<LabOptions, "name">;
  readonly grounds: (lab: Lab, goes: (stack: Stack) => void) => readonly (() => Promise<Ground>)[];
}

export interface Opened {
  /** Made when they are needed. */
  readonly grounds: readonly (() => Promise<Ground>)[];
  readonly close: () => Promise<void>;
}

/** The labs of a run. */
export class Labs {
  readonly #name: string;
  readonly #kind: LabKind;
  readonly #open = new Map<string, () => Promise<void>>();
  #opened = 0;

  constructor(name: string, kind: LabKind) {
    this.#name = name;
    this.#kind = kind;
  }

  async open(): Promise<Opened> {
    this.#opened += 1;
    const name = `${this.#name}-${this.#opened}`;
    // Who ends the run before it is up ends it too.
    this.#open.set(name, async () => {
      await takeDown(name);
    });
    const lab = await createLab({ ...this.#kind.lab, name });
    const stacks: Stack[] = [];
    const close = async () => {
      this.#open.delete(name);
      await Promise.all(stacks.map((stack) => stack.remove()));
      await lab.down();
    };
    this.#open.set(name, close);
    return { grounds: this.#kind.grounds(lab, (stack) => stacks.push(stack)), close };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map((close) => close()));
  }
}
