import type { Chain } from "./program.ts";
import { type Case, type Operation, operations } from "./round.ts";

/** An operation, and of each host the case that is tried at it, if any. */
export interface Round {
  readonly operation: Operation;
  readonly cases: readonly (Case | undefined)[];
}

/** What is left to try. Faults that end the engine strike all hosts, so they go together. */
export class Rounds {
  readonly #left: Case[];

  constructor(cases: readonly Case[]) {
    this.#left = [...cases];
  }

  get count(): number {
    return this.#left.length;
  }

  putBack(rounds: readonly Pick<Round, "cases">[]): void {
    this.#left.unshift(...rounds.flatMap(({ cases }) => cases.filter((each) => each !== undefined)));
  }

  /**
   * One round of each operation. Where they follow one another, what has no case is done all the same, unless neither the next one has any:
   * the change makes the stack as well, and it is taken away as it was made.
   */
  take(chains: readonly Chain[], { followOneAnother }: { readonly followOneAnother: boolean }): Round[] {
    const all = operations.map((operation) => ({ operation, cases: this.#next(operation, chains) }));
    const hasCases = (round: Round | undefined) => round?.cases.some((each) => each !== undefined) === true;
    const [, update, destroy] = all;
    const isNeeded = ({ operation }: Round) =>
      followOneAnother &&
      {
        create: hasCases(update),
        update: hasCases(destroy),
        destroy: true,
      }[operation];
    return all.filter((round) => hasCases(round) || isNeeded(round));
  }

  /** Of an operation: at most one case a host, of what that has. */
  #next(operation: Operation, chains: readonly Chain[]): (Case | undefined)[] {
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
