import type { Checked } from "../../provider/resources/check.ts";
import { lifecycle } from "../../provider/resources/lifecycle.ts";
import type { Properties } from "../../provider/resources/resource-kind.ts";
import type { HostFacts } from "../../provider/schema/facts.ts";
import type { Machine } from "../machines/machine.ts";

/** A resource on a machine, in the life that an engine gives it. */
export class Made {
  readonly machine: Machine;
  readonly kind: string;
  readonly name: string;
  state: Properties = {};

  constructor(machine: Machine, kind: string, name: string) {
    this.machine = machine;
    this.kind = kind;
    this.name = name;
  }

  get ref(): unknown {
    return this.state.ref;
  }

  /** What a preview says, with facts of the host or without. */
  check(inputs: Properties, facts?: HostFacts): Checked {
    const connection = this.machine.lab.hypervisors[0]?.connection;
    const seed = `acme/urn:pulumi:dev::machines::Kind::${this.name}`;
    const news = { host: connection?.host, connection, seed, ...inputs, ...(facts && { hostFacts: facts }) };
    return lifecycle(this.kind).check(this.state, news);
  }

  /** Makes it, or brings it to these inputs. What check refuses is an error. */
  async up(inputs: Properties): Promise<void> {
    const { inputs: checked, failures } = this.check(inputs, await this.machine.facts());
    if (failures.length > 0) throw new Error(JSON.stringify(failures));
    const life = lifecycle(this.kind);
    const isNew = this.state.mark === undefined;
    this.state = isNew ? (await life.create(checked)).state : await life.update(this.state, checked);
  }

  /** The inputs that a refresh finds otherwise; undefined when it is gone. What was done by hand is seen. */
  async drift(): Promise<Properties | undefined> {
    await this.machine.facts();
    const found = await lifecycle(this.kind).read(this.state);
    if (found === undefined) return undefined;
    const before = this.state;
    const differing = Object.entries(found.inputs).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name]),
    );
    return Object.fromEntries(differing);
  }

  /** The inputs that would take it out and put it in again. */
  replacedBy(inputs: Properties): readonly string[] {
    return lifecycle(this.kind).diff(this.state, this.check(inputs).inputs).replaces;
  }

  async remove(): Promise<void> {
    await this.machine.facts();
    await lifecycle(this.kind).delete(this.state);
    this.state = {};
  }
}
