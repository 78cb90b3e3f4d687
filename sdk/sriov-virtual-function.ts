import type * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import type { SriovVirtualFunctionRef, UplinkRef } from "../provider/schema/ref.ts";
import type { sriovVirtualFunctionFields } from "../provider/schema/sriov-virtual-function.ts";
import { factsFor } from "./facts-for.ts";
import type { FieldArgs } from "./field-args.ts";
import { type HostArg, originInputs } from "./host.ts";
import { KvmResource } from "./kvm-resource.ts";
import { originBy, uplinkLink } from "./ref-of.ts";
import type { Uplink } from "./uplink.ts";

type Fields = FieldArgs<
  z.ZodObject<Omit<typeof sriovVirtualFunctionFields, "uplink" | "vlan" | "qos" | "vlanProtocol">>
>;
type VlanFields = FieldArgs<z.ZodObject<Pick<typeof sriovVirtualFunctionFields, "vlan" | "qos" | "vlanProtocol">>>;

interface OnUplink {
  /** The NIC whose VF it is: the Uplink, or its `ref` from another stack. Its `numVfs` makes the VFs. */
  uplink: Uplink | pulumi.Input<UplinkRef>;
  /** How the host is reached, when `uplink` is a `ref`: a ref carries no credentials. */
  host?: HostArg;
}

/** Priority and protocol are of a VLAN's tag: there are none without `vlan`. */
type VlanArgs =
  | (VlanFields & { vlan: NonNullable<VlanFields["vlan"]> })
  | { vlan?: undefined; qos?: undefined; vlanProtocol?: undefined };

export type SriovVirtualFunctionArgs = OnUplink & Fields & VlanArgs;

/**
 * A VF of a NIC with SR-IOV: what the NIC lets it do, and who drives it. What is left out is left alone; what was there before is
 * restored on delete.
 */
export class SriovVirtualFunction extends KvmResource {
  /** What other resources, of this or another stack, need to know of it. */
  declare readonly ref: pulumi.Output<SriovVirtualFunctionRef>;
  /** Which of the NIC's VFs it is: as asked for, or picked once and kept. */
  declare readonly vfIndex: pulumi.Output<number>;
  declare readonly mac: pulumi.Output<string>;
  /** Its link on the host; undefined while no network driver has it. */
  declare readonly device: pulumi.Output<string | undefined>;
  /** `0000:01:10.0`. */
  declare readonly pciAddress: pulumi.Output<string>;
  /** Null without an IOMMU. Another one after each reboot, perhaps. */
  declare readonly iommuGroup: pulumi.Output<number | null>;
  /** For a domain that is to have it (`<interface type="hostdev">`, managed), with its MAC and VLAN. */
  declare readonly interfaceXml: pulumi.Output<string>;

  constructor(name: string, args: SriovVirtualFunctionArgs, options?: pulumi.CustomResourceOptions) {
    const { host, uplink, ...fields } = args;
    const origin = originBy(host, uplink);
    const link = uplinkLink(uplink);
    const hostFacts = factsFor(origin, () => ({ nic: link.nic }));
    const outputs = ["ref", "vfIndex", "mac", "device", "pciAddress", "iommuGroup", "interfaceXml", "original"];
    super(
      "SriovVirtualFunction",
      name,
      { ...fields, uplink: link.uplink, ...originInputs(origin), hostFacts },
      outputs,
      origin,
      options,
    );
  }
}
