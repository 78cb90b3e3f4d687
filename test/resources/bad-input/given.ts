import type { ExecutionContext } from "ava";
import { lifecycle } from "../../../provider/resources/lifecycle.ts";
import type { Failure, Properties } from "../../../provider/resources/resource-kind.ts";
import type { Connection } from "../../../provider/schema/connection.ts";
import type { HostFacts } from "../../../provider/schema/facts.ts";

/** How the host is reached that the inputs are for: one that is not asked, until a test has one that is. */
export const reached: { connection: Connection } = { connection: { host: "hv1.example.net" } };

/** What a program hands over; the title is who the resource is. */
export const news = (title: string, inputs: Properties, facts?: HostFacts): Properties => ({
  host: reached.connection.host,
  connection: reached.connection,
  seed: `acme/urn:pulumi:dev::shop::Kind::${title}`,
  ...inputs,
  ...(facts === undefined ? {} : { hostFacts: facts }),
});

export const refOf = (kind: string, inputs: Properties): Properties => {
  const { failures, inputs: checked } = lifecycle(kind).check({}, news("platform", inputs));
  if (failures.length > 0) throw new Error(JSON.stringify(failures));
  return { ...(checked.ref as Properties) };
};
export const uplink = (nic: string, more: Properties = {}) => refOf("Uplink", { nic, ...more });
export const ethernet = (nic: string, more: Properties = {}) =>
  refOf("HostBridge", { uplink: uplink(nic), type: "ethernet", ...more });
export const hypervisor = (nic: string, more: Properties = {}) => refOf("HostBridge", { uplink: uplink(nic), ...more });

/** A VF as a SriovVirtualFunction tells of it. */
export const vf = (nic: string, vfIndex: number, more: Properties = {}): Properties => ({
  kind: "SriovVirtualFunction",
  host: reached.connection.host,
  uplink: uplink(nic),
  vfIndex,
  ...more,
});

/** The failures are of this property, and of no other. */
export const only = (t: ExecutionContext, failures: readonly Failure[], property: string, says: RegExp): void => {
  t.deepEqual([...new Set(failures.map((failure) => failure.property))], [property], JSON.stringify(failures));
  t.regex(failures.map(({ reason }) => reason).join("\n"), says);
};

/** A bad input. */
export interface Row {
  readonly kind: "Uplink" | "HostBridge" | "MacvtapEndpoint" | "VmInterface";
  readonly inputs: () => Properties;
  /** The input that the failure is shown on. */
  readonly property: string;
  /** What is wrong, where, and what to do next. */
  readonly says: RegExp;
}
