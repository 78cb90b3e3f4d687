import * as pulumi from "@pulumi/pulumi";
import type { HostOrigin } from "./host.ts";
import { providerCode } from "./provider-code.ts";

/** What identities (marks, MAC addresses, names) are derived from: who the resource is, whatever it is called on a host. */
const seedOf = (type: string, name: string, parent: pulumi.Resource | undefined): pulumi.Input<string> => {
  const organization = pulumi.getOrganization();
  // What createUrn makes of a resource without a parent, without its outputs: each costs the program a stack trace or two.
  if (parent === undefined)
    return `${organization}/urn:pulumi:${pulumi.getStack()}::${pulumi.getProject()}::${type}::${name}`;
  return pulumi.createUrn(name, type, parent).apply((urn) => `${organization}/${urn}`);
};

/** A resource of this provider: a custom resource whose operations are the stored code's. */
export abstract class KvmResource extends pulumi.CustomResource {
  /** The host's name as the program gave it. */
  declare readonly host: pulumi.Output<string>;
  /** @internal */
  readonly label: string;
  /** @internal */
  readonly origin: HostOrigin;

  constructor(
    kind: string,
    name: string,
    inputs: pulumi.Inputs,
    outputs: readonly string[],
    origin: HostOrigin,
    options: pulumi.CustomResourceOptions | undefined,
  ) {
    const type = `pulumi-nodejs:dynamic/kvm-network:${kind}`;
    // An output is declared by passing its name.
    const declared = Object.fromEntries(outputs.map((output) => [output, undefined]));
    const __provider = providerCode(kind);
    super(type, name, { ...declared, ...inputs, __provider, seed: seedOf(type, name, options?.parent) }, options);
    this.label = name;
    this.origin = origin;
  }
}
