import type { Chain } from "./program.ts";
import { type Case, type Operation, operations } from "./round.ts";

/** An operation, and of each host the case that is tried at it, if any. */
export interface Round {
  readonly operation: Operation;
  readonly cases: readonly (Case | undefined)[];
}

/** What is left to try. Faults that end the engine strike all hosts, so they go together, of one level. */
export class Rounds {
  readonly #left: Case[];

  constructor(cases: readonly Case[]) {
    this.#left = [...cases];
  }

  get count(): number {
    return this.#left.length;
  }

  putBack(cases: readonly (Case | undefined)[]): void {
    this.#left.unshift(...cases.filter((each) => each !== undefined));
  }

  /**
   * One round of each operation. Where they follow one another, what has no case is done all the same, unless neither the next one has any:
   * the change makes the stack as well, and it is taken away as it was made.
   */
  take(chains: readonly Chain[], { followOneAnother }: { readonly followOneAnother: boolean }): Round[] {
    const all = operations.map((operation) => ({ operation, cases: this.#next(operation, chains) }));
    const hasCases = ({ cases }: Round) => cases.some((each) => each !== undefined);
    return all.filter((round, at) => {
      const next = all[at + 1];
      return hasCases(round) || (followOneAnother && (next === undefined || hasCases(next)));
    });
  }

  /** Of an operation: at most one case a host, of what that has. */
  #next(operation: Operation, chains: readonly Chain[]): (Case | undefined)[] {
    const ofOperation = (each: Case) => each.operation === operation;
    const round = chains.map((chain) => this.#take(chain, (each) => ofOperation(each) && !each.fault.endsEngine));
    if (round.some((each) => each !== undefined)) return round;
    const first = this.#left.find((each) => ofOperation(each) && chains.includes(each.chain));
    return chains.map((chain) => this.#take(chain, (each) => ofOperation(each) && each.level === first?.level));
  }

  #take(chain: Chain, isWanted: (each: Case) => boolean): Case | undefined {
    const index = this.#left.findIndex((each) => each.chain === chain && isWanted(each));
    return index < 0 ? undefined : this.#left.splice(index, 1)[0];
  }
}
