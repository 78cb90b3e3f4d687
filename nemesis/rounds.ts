import type { Chain } from "./program.ts";
import type { Case, Operation } from "./round.ts";

/** What is left to try. Faults that end the engine strike all hosts, so they go together. */
export class Rounds {
  readonly #left: Case[];

  constructor(cases: readonly Case[]) {
    this.#left = [...cases];
  }

  get count(): number {
    return this.#left.length;
  }

  putBack(cases: readonly Case[]): void {
    this.#left.unshift(...cases);
  }

  /** Of an operation: at most one case a host, of what that has; undefined: it is left alone. */
  next(operation: Operation, chains: readonly Chain[]): (Case | undefined)[] {
    const taken = (endsEngine: boolean) => chains.map((chain) => this.#take(operation, chain, endsEngine));
    const round = taken(false);
    return round.some((each) => each !== undefined) ? round : taken(true);
  }

  #take(operation: Operation, chain: Chain, endsEngine: boolean): Case | undefined {
    const index = this.#left.findIndex(
      (each) => each.operation === operation && each.chain === chain && (each.fault.endsEngine === true) === endsEngine,
    );
    return index < 0 ? undefined : this.#left.splice(index, 1)[0];
  }
}
