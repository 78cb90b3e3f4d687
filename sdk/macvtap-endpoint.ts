import type * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import type { macvtapEndpointFields } from "../provider/schema/macvtap-endpoint.ts";
import type { MacvtapEndpointRef, UplinkRef } from "../provider/schema/ref.ts";
import { factsFor } from "./facts-for.ts";
import type { FieldArgs } from "./field-args.ts";
import { type HostArg, originInputs } from "./host.ts";
import { KvmResource } from "./kvm-resource.ts";
import { originBy, uplinkLink } from "./ref-of.ts";
import type { Uplink } from "./uplink.ts";

export interface MacvtapEndpointArgs extends FieldArgs<z.ZodObject<Omit<typeof macvtapEndpointFields, "uplink">>> {
  /** The uplink it sits on: the resource, or its `ref` from another stack. */
  uplink: Uplink | pulumi.Input<UplinkRef>;
  /** How the host is reached, when `uplink` is a `ref`: a ref carries no credentials. */
  host?: HostArg;
}

/** A macvtap of its own on an uplink, for those who start QEMU themselves. */
export class MacvtapEndpoint extends KvmResource {
  declare readonly ref: pulumi.Output<MacvtapEndpointRef>;
  declare readonly mac: pulumi.Output<string>;
  /** The link on the host. */
  declare readonly device: pulumi.Output<string>;
  /** The character device that a QEMU opens: /dev/tapN. */
  declare readonly tapDevice: pulumi.Output<string>;
  declare readonly tapMajor: pulumi.Output<number>;
  declare readonly tapMinor: pulumi.Output<number>;
  /** For a domain that is to use this endpoint (libvirt 5.8 and newer). */
  declare readonly interfaceXml: pulumi.Output<string>;
  /** Arguments for a QEMU started by hand, whose shell opens `qemuRedirect`. */
  declare readonly qemuArgs: pulumi.Output<string[]>;
  /** The shell's redirection that opens the endpoint for `qemuArgs`: `3<>/dev/tap7`. */
  declare readonly qemuRedirect: pulumi.Output<string>;

  constructor(name: string, args: MacvtapEndpointArgs, options?: pulumi.CustomResourceOptions) {
    const { host, uplink, ...fields } = args;
    const origin = originBy(host, uplink);
    const link = uplinkLink(uplink);
    const hostFacts = factsFor(origin, () => ({ nic: link.nic, links: [fields.name] }));
    const outputs = [
      "ref",
      "mac",
      "device",
      "tapDevice",
      "tapMajor",
      "tapMinor",
      "interfaceXml",
      "qemuArgs",
      "qemuRedirect",
    ];
    super(
      "MacvtapEndpoint",
      name,
      { ...fields, uplink: link.uplink, ...originInputs(origin), hostFacts },
      outputs,
      origin,
      options,
    );
  }
}
