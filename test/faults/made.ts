import { lifecycle } from "../../provider/resources/lifecycle.ts";
import type { Properties } from "../../provider/resources/resource-kind.ts";
import type { Connection } from "../../provider/schema/connection.ts";

/** One resource as a program has it, made by the provider through check, create, read, update and delete. */
export class Made {
  readonly kind: string;
  readonly #name: string;
  readonly #connection: Connection;

  constructor(connection: Connection, kind: string, name: string) {
    this.#connection = connection;
    this.kind = kind;
    this.#name = name;
  }

  /** What check makes of the inputs; what it refuses is an error. */
  checked(inputs: Properties, olds: Properties = {}): Properties {
    const connection = this.#connection;
    const seed = `organization/urn:pulumi:test::faults::pulumi-nodejs:dynamic/kvm-network:${this.kind}::${this.#name}`;
    const checked = lifecycle(this.kind).check(olds, { host: connection.host, connection, seed, ...inputs });
    if (checked.failures.length > 0) throw new Error(`${this.#name}: ${JSON.stringify(checked.failures)}`);
    return checked.inputs;
  }

  async create(inputs: Properties): Promise<Properties> {
    return (await lifecycle(this.kind).create(this.checked(inputs))).state;
  }

  async update(state: Properties, inputs: Properties): Promise<Properties> {
    return await lifecycle(this.kind).update(state, this.checked(inputs, state));
  }

  /** The state after a refresh; undefined when it is gone. */
  async read(state: Properties): Promise<Properties | undefined> {
    return (await lifecycle(this.kind).read(state))?.state;
  }

  async delete(state: Properties): Promise<void> {
    await lifecycle(this.kind).delete(state);
  }
}
