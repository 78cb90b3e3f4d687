import { type Case, type Operation, operations } from "./round.ts";

/** At most one case a host; undefined: that one is left alone. */
export type Round = readonly (Case | undefined)[];

/** What is left to try, by operation, a few at a time: faults that end the engine strike all hosts, so they go together. */
export class Rounds {
  readonly #hosts: number;
  readonly #left: ReadonlyMap<Operation, Round[]>;

  constructor(cases: readonly Case[], hosts: number) {
    this.#hosts = hosts;
    this.#left = new Map(operations.map((operation) => [operation, this.#of(cases, operation)]));
  }

  #of(cases: readonly Case[], operation: Operation): Round[] {
    return [false, true].flatMap((endsEngine) => {
      const some = cases.filter(
        (each) => each.operation === operation && (each.fault.endsEngine === true) === endsEngine,
      );
      return Array.from({ length: Math.ceil(some.length / this.#hosts) }, (_, index) =>
        Array.from({ length: this.#hosts }, (_, host) => some[index * this.#hosts + host]),
      );
    });
  }

  get count(): number {
    return [...this.#left.values()].reduce((sum, { length }) => sum + length, 0);
  }

  next(operation: Operation): Round {
    return this.#left.get(operation)?.shift() ?? Array.from({ length: this.#hosts }, () => undefined);
  }
}
