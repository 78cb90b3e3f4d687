import * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import type { PlannedInterface } from "../provider/planning/index.ts";
import type { Realization } from "../provider/schema/realization.ts";
import type { HostBridgeRef, MacvtapEndpointRef, SriovVirtualFunctionRef } from "../provider/schema/ref.ts";
import type { vmInterfaceFields } from "../provider/schema/vm-interface.ts";
import { factsFor } from "./facts-for.ts";
import type { FieldArgs } from "./field-args.ts";
import { type HostArg, type HostOrigin, originInputs } from "./host.ts";
import type { HostBridge } from "./host-bridge.ts";
import { KvmResource } from "./kvm-resource.ts";
import type { MacvtapEndpoint } from "./macvtap-endpoint.ts";
import { type Named, originBy, refOf } from "./ref-of.ts";

interface EveryVmInterfaceArgs
  extends FieldArgs<z.ZodObject<Omit<typeof vmInterfaceFields, "bridge" | "endpoint" | "vf" | "mode" | "needs">>> {
  /** How the host is reached, when `bridge`, `endpoint` or `vf` is a `ref`: a ref carries no credentials. */
  host?: HostArg;
}

/** On a bridge: the planner chooses the realization. */
export interface BridgedInterfaceArgs
  extends EveryVmInterfaceArgs,
    FieldArgs<z.ZodObject<Pick<typeof vmInterfaceFields, "mode" | "needs">>> {
  bridge: HostBridge | pulumi.Input<HostBridgeRef>;
  endpoint?: never;
  vf?: never;
}

/** On a VF that a SriovVirtualFunction manages: one of the NIC's own switch. */
export interface VfInterfaceArgs
  extends EveryVmInterfaceArgs,
    FieldArgs<z.ZodObject<Pick<typeof vmInterfaceFields, "mode" | "needs">>> {
  vf: Named<SriovVirtualFunctionRef> | pulumi.Input<SriovVirtualFunctionRef>;
  bridge?: never;
  endpoint?: never;
}

/** On a MacvtapEndpoint, whose mode and address are its own. */
export interface EndpointInterfaceArgs extends EveryVmInterfaceArgs {
  endpoint: MacvtapEndpoint | pulumi.Input<MacvtapEndpointRef>;
  bridge?: never;
  vf?: never;
  mode?: never;
  needs?: never;
}

export type VmInterfaceArgs = BridgedInterfaceArgs | EndpointInterfaceArgs | VfInterfaceArgs;

interface On {
  readonly bridge?: pulumi.Output<HostBridgeRef>;
  readonly endpoint?: pulumi.Output<MacvtapEndpointRef>;
  readonly vf?: pulumi.Output<SriovVirtualFunctionRef>;
}

/** What it sits on, and how that host is reached. */
const placeOf = ({ host, bridge, endpoint, vf }: VmInterfaceArgs): { readonly on: On; readonly origin: HostOrigin } => {
  if (bridge !== undefined) return { on: { bridge: refOf<HostBridgeRef>(bridge) }, origin: originBy(host, bridge) };
  if (vf !== undefined) return { on: { vf: refOf<SriovVirtualFunctionRef>(vf) }, origin: originBy(host, vf) };
  return { on: { endpoint: refOf<MacvtapEndpointRef>(endpoint) }, origin: originBy(host, endpoint) };
};

/** The links that concern it. */
const linksOf = ({ bridge, endpoint, vf }: On) => ({
  nic:
    bridge?.apply((of) => of.uplink?.nic) ?? endpoint?.apply((of) => of.uplink.nic) ?? vf?.apply((of) => of.uplink.nic),
  links: [bridge?.apply((of) => of.device) ?? endpoint?.apply((of) => of.device)],
});

/** A NIC of a libvirt domain, attached where the domain is: running (at once and for the next start), or shut off. */
export class VmInterface extends KvmResource {
  declare readonly mac: pulumi.Output<string>;
  /** How it is made, and the ids of the rules that chose it. */
  declare readonly realization: pulumi.Output<Realization>;
  /** The `<interface>` as it was asked of libvirt. */
  declare readonly interfaceXml: pulumi.Output<string>;
  /** The domain's persistent definition after the change; missing without a domain. */
  declare readonly domainXml: pulumi.Output<string | undefined>;
  /** Every candidate, taken or rejected, and why. */
  declare readonly explanation: pulumi.Output<string[]>;
  /** The link on the host while the domain runs; a VF in the guest has none. */
  declare readonly device: pulumi.Output<string | undefined>;
  /** The VF that it is made of: its index and PCI address, and its link on the host where a macvtap stands on that. */
  declare readonly virtualFunction: pulumi.Output<
    { readonly index: number; readonly pci: string; readonly device?: string } | undefined
  >;
  /**
   * What reachability is foreseen from. Not made before it is asked for: each output costs the program a stack trace or two.
   * @internal
   */
  readonly planned: () => pulumi.Output<PlannedInterface>;

  constructor(name: string, args: VmInterfaceArgs, options?: pulumi.CustomResourceOptions) {
    const { host: _host, bridge: _bridge, endpoint: _endpoint, vf: _vf, ...fields } = args;
    const { on, origin } = placeOf(args);
    const links = () => linksOf(on);
    const hostFacts = factsFor(origin, () => ({ ...links(), domain: fields.domain }));
    // A domain that comes from another resource may be made by this very update; a name that is written down must be there.
    const hints = { domainIsMadeHere: pulumi.Output.isInstance(fields.domain) };
    const outputs = ["mac", "realization", "interfaceXml", "domainXml", "explanation", "device", "virtualFunction"];
    super(
      "VmInterface",
      name,
      { ...fields, ...on, ...originInputs(origin), hostFacts, hints },
      outputs,
      origin,
      options,
    );
    const { isolated, allMulticast, vlan } = fields;
    this.planned = () =>
      pulumi
        .output({
          host: this.host,
          mac: this.mac,
          realization: this.realization,
          ...on,
          isolated,
          allMulticast,
          vlan,
        })
        .apply((planned) => ({ name, ...planned }));
  }
}
