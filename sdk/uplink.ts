import * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import { type ModeEvidence, type Relay, type UplinkFacts, withRelay } from "../provider/planning/index.ts";
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

/** What is stated wins over a probe, and is known at once. */
const mayProbe = ({ reflectiveRelay, assume }: Omit<UplinkArgs, "host">): boolean => {
  if (reflectiveRelay === undefined || reflectiveRelay === "request") return false;
  const stated = typeof assume === "object" && "reflectiveRelay" in assume && assume.reflectiveRelay !== undefined;
  return !stated;
};

/**
 * The NIC, bond or VLAN link of a hypervisor through which its VMs reach the adjacent switch. Manages its MTU, its
 * administrative state, its VFs and the mode of its own switch, and nothing else; what was there before is restored on delete.
 */
export class Uplink extends KvmResource {
  /** What other resources, of this or another stack, need to know of it. */
  declare readonly ref: pulumi.Output<UplinkRef>;
  /** The NIC's name on the host. */
  declare readonly device: pulumi.Output<string>;
  declare readonly facts: pulumi.Output<UplinkFacts>;
  /** The modes that each type of bridge supports on it; `embedded` where the NIC has SR-IOV. */
  declare readonly supportedModes: pulumi.Output<UplinkFacts["supportedModes"]>;
  /** Why each type of bridge supports each mode, or does not: the rules that decided, and what would change it. */
  declare readonly evidence: pulumi.Output<ModeEvidence[]>;
  /** Whether the adjacent switch reflects, who says so, and since when. */
  declare readonly relay: pulumi.Output<Relay>;
  /** @internal The `ref` as far as it is known, where a preview does not know all of it. */
  declare readonly link?: { readonly [Field in keyof UplinkRef]: pulumi.Input<UplinkRef[Field]> };

  constructor(name: string, args: UplinkArgs, options?: pulumi.CustomResourceOptions) {
    const { host, ...fields } = args;
    const origin = originOf(host);
    const inputs = { ...fields, ...originInputs(origin), hostFacts: factsFor(origin, () => ({ nic: fields.nic })) };
    const outputs = ["ref", "device", "facts", "supportedModes", "evidence", "original", "relay", "probe"];
    super("Uplink", name, inputs, outputs, origin, options);
    // What a probe finds is known after the update alone: until then whatever depends on it is not yet known either.
    if (mayProbe(fields)) {
      const settled = this.ref;
      this.ref = pulumi.all([settled, this.relay]).apply(([ref, relay]) => withRelay(ref, relay));
      this.link = {
        kind: "Uplink",
        host: settled.apply(({ host }) => host),
        nic: settled.apply(({ nic }) => nic),
        mtu: settled.apply(({ mtu }) => mtu),
        numVfs: settled.apply(({ numVfs }) => numVfs),
        networkManager: settled.apply(({ networkManager }) => networkManager),
        reflectiveRelay: this.ref.apply(({ reflectiveRelay }) => reflectiveRelay),
        embeddedSwitch: settled.apply(({ embeddedSwitch }) => embeddedSwitch),
        vfCapabilities: settled.apply(({ vfCapabilities }) => vfCapabilities),
      };
    }
  }
}
