import type * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import type { UplinkFacts } from "../provider/planning/index.ts";
import type { UplinkRef } from "../provider/schema/ref.ts";
import type { uplinkFields } from "../provider/schema/uplink.ts";
import { factsFor } from "./facts-for.ts";
import type { FieldArgs } from "./field-args.ts";
import { type HostArg, originInputs, originOf } from "./host.ts";
import { KvmResource } from "./kvm-resource.ts";

export interface UplinkArgs extends FieldArgs<z.ZodObject<typeof uplinkFields>> {
  /** The hypervisor: from `getHost()`, or a connection. */
  host: HostArg;
}

/**
 * The NIC, bond or VLAN link of a hypervisor through which its VMs reach the adjacent switch. Manages its MTU and its
 * administrative state and nothing else; what was there before is restored on delete.
 */
export class Uplink extends KvmResource {
  /** What other resources, of this or another stack, need to know of it. */
  declare readonly ref: pulumi.Output<UplinkRef>;
  /** The NIC's name on the host. */
  declare readonly device: pulumi.Output<string>;
  declare readonly facts: pulumi.Output<UplinkFacts>;
  /** The modes that each type of bridge supports on it. */
  declare readonly supportedModes: pulumi.Output<UplinkFacts["supportedModes"]>;

  constructor(name: string, args: UplinkArgs, options?: pulumi.CustomResourceOptions) {
    const { host, ...fields } = args;
    const origin = originOf(host);
    const inputs = { ...fields, ...originInputs(origin), hostFacts: factsFor(origin, () => ({ nic: fields.nic })) };
    super("Uplink", name, inputs, ["ref", "device", "facts", "supportedModes", "original"], origin, options);
  }
}
