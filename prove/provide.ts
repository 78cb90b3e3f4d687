import type { LabHypervisor } from "../lab/lab.ts";
import { lifecycle } from "../provider/resources/lifecycle.ts";
import type { Properties } from "../provider/resources/resource-kind.ts";

/** A resource made on a hypervisor by the provider, through check and create. */
export interface Provided {
  readonly state: Properties;
  /** What others link to. */
  readonly ref: unknown;
  remove(): Promise<void>;
}

/** Makes it; what check refuses is an error. */
export const provide = async (
  hypervisor: LabHypervisor,
  kind: string,
  name: string,
  inputs: Properties,
): Promise<Provided> => {
  const seed = `organization/urn:pulumi:test::frames::pulumi-nodejs:dynamic/kvm-network:${kind}::${hypervisor.name}-${name}`;
  const given = { host: hypervisor.connection.host, connection: hypervisor.connection, seed, ...inputs };
  const checked = lifecycle(kind).check({}, given);
  if (checked.failures.length > 0) throw new Error(`${kind} ${name}: ${JSON.stringify(checked.failures)}`);
  const { state } = await lifecycle(kind).create(checked.inputs);
  return { state, ref: state.ref, remove: () => lifecycle(kind).delete(state) };
};
