import type { ExecutionContext } from "ava";
import { lifecycle } from "../../provider/resources/lifecycle.ts";
import { nicOfRef } from "../../provider/resources/nic-of-ref.ts";
import type { Failure, Properties } from "../../provider/resources/resource-kind.ts";
import { releaseVf } from "../../provider/resources/vf-registry.ts";
import type { HostFacts } from "../../provider/schema/facts.ts";
import type { Machine } from "./machine.ts";

/** A resource of a program, by its kind and name, on the machine: what the engine would do with it. */
export class Resource {
  readonly #machine: Machine;
  readonly #kind: string;
  readonly #name: string;

  constructor(machine: Machine, kind: string, name: string) {
    this.#machine = machine;
    this.#kind = kind;
    this.#name = name;
  }

  #news(inputs: Properties, facts?: HostFacts): Properties {
    const connection = this.#machine.lab.hypervisors[0]?.connection;
    const seed = `acme/urn:pulumi:dev::machines::${this.#kind}::${this.#name}`;
    return {
      host: connection?.host,
      connection,
      seed,
      ...inputs,
      ...(facts === undefined ? {} : { hostFacts: facts }),
    };
  }

  failures(inputs: Properties, facts?: HostFacts, olds: Properties = {}): readonly Failure[] {
    return lifecycle(this.#kind).check(olds, this.#news(inputs, facts)).failures;
  }

  checked(t: ExecutionContext, inputs: Properties, facts?: HostFacts, olds: Properties = {}): Properties {
    const { inputs: news, failures } = lifecycle(this.#kind).check(olds, this.#news(inputs, facts));
    t.deepEqual(failures, []);
    return news;
  }

  async create(t: ExecutionContext, inputs: Properties, facts?: HostFacts): Promise<Properties> {
    const checked = this.checked(t, inputs, facts);
    await this.#machine.look();
    return (await lifecycle(this.#kind).create(checked)).state;
  }

  async update(t: ExecutionContext, state: Properties, inputs: Properties, facts?: HostFacts): Promise<Properties> {
    const checked = this.checked(t, inputs, facts, state);
    await this.#machine.look();
    return await lifecycle(this.#kind).update(state, checked);
  }

  /** The program has it no longer, nor its claim to a VF. */
  dropClaim(inputs: Properties, index: number): void {
    const { inputs: checked } = lifecycle(this.#kind).check({}, this.#news(inputs));
    const nic = nicOfRef(checked.uplink);
    releaseVf({ host: String(checked.host), nic: String(nic), mark: String(checked.mark) }, index);
  }

  /** Which inputs a change of the program or of the host would change, and whether that replaces it. */
  difference(state: Properties, news: Properties) {
    return lifecycle(this.#kind).diff(state, news);
  }

  /** The state after a refresh; undefined when it is gone. */
  async read(state: Properties): Promise<Properties | undefined> {
    await this.#machine.look();
    return (await lifecycle(this.#kind).read(state))?.state;
  }

  async delete(state: Properties): Promise<void> {
    await this.#machine.look();
    await lifecycle(this.#kind).delete(state);
  }
}

/** The inputs that a refresh has found to be something else. */
export const drift = (before: Properties, after: Properties | undefined, names: readonly string[]): Properties =>
  Object.fromEntries(
    names.filter((name) => before[name] !== after?.[name]).map((name) => [name, after?.[name]] as const),
  );
