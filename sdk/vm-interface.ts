import * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import type { PlannedInterface } from "../provider/planning/index.ts";
import type { Realization } from "../provider/schema/realization.ts";
import type { HostBridgeRef, MacvtapEndpointRef } from "../provider/schema/ref.ts";
import type { vmInterfaceFields } from "../provider/schema/vm-interface.ts";
import { factsFor } from "./facts-for.ts";
import type { FieldArgs } from "./field-args.ts";
import { type HostArg, originInputs } from "./host.ts";
import type { HostBridge } from "./host-bridge.ts";
import { KvmResource } from "./kvm-resource.ts";
import type { MacvtapEndpoint } from "./macvtap-endpoint.ts";
import { originBy, refOf } from "./ref-of.ts";

interface EveryVmInterfaceArgs
  extends FieldArgs<z.ZodObject<Omit<typeof vmInterfaceFields, "bridge" | "endpoint" | "mode" | "needs">>> {
  /** How the host is reached, when `bridge` or `endpoint` is a `ref`: a ref carries no credentials. */
  host?: HostArg;
}

/** On a bridge: the planner chooses the realization. */
export interface BridgedInterfaceArgs
  extends EveryVmInterfaceArgs,
    FieldArgs<z.ZodObject<Pick<typeof vmInterfaceFields, "mode" | "needs">>> {
  bridge: HostBridge | pulumi.Input<HostBridgeRef>;
  endpoint?: never;
}

/** On a MacvtapEndpoint, whose mode and address are its own. */
export interface EndpointInterfaceArgs extends EveryVmInterfaceArgs {
  endpoint: MacvtapEndpoint | pulumi.Input<MacvtapEndpointRef>;
  bridge?: never;
  mode?: never;
  needs?: never;
}

export type VmInterfaceArgs = BridgedInterfaceArgs | EndpointInterfaceArgs;

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
  /** The link on the host while the domain runs. */
  declare readonly device: pulumi.Output<string | undefined>;
  /**
   * What reachability is foreseen from. Not made before it is asked for: each output costs the program a stack trace or two.
   * @internal
   */
  readonly planned: () => pulumi.Output<PlannedInterface>;

  constructor(name: string, args: VmInterfaceArgs, options?: pulumi.CustomResourceOptions) {
    const { host, bridge, endpoint, ...fields } = args;
    const on =
      bridge === undefined
        ? { endpoint: refOf<MacvtapEndpointRef>(endpoint) }
        : { bridge: refOf<HostBridgeRef>(bridge) };
    const origin =
      bridge === undefined ? originBy<MacvtapEndpointRef>(host, endpoint) : originBy<HostBridgeRef>(host, bridge);
    const links = () =>
      on.endpoint === undefined
        ? { nic: on.bridge.apply((of) => of.uplink?.nic), links: [on.bridge.apply((of) => of.device)] }
        : { nic: on.endpoint.apply((of) => of.uplink.nic), links: [on.endpoint.apply((of) => of.device)] };
    const hostFacts = factsFor(origin, () => ({ ...links(), domain: fields.domain }));
    // A domain that comes from another resource may be made by this very update; a name that is written down must be there.
    const hints = { domainIsMadeHere: pulumi.Output.isInstance(fields.domain) };
    const outputs = ["mac", "realization", "interfaceXml", "domainXml", "explanation", "device"];
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
        .all([this.host, this.mac, this.realization, on.bridge, on.endpoint, isolated, allMulticast, vlan])
        .apply(([at, mac, realization, onBridge, onEndpoint, isIsolated, hearsAll, inVlan]) => ({
          name,
          host: at,
          mac,
          realization,
          bridge: onBridge,
          endpoint: onEndpoint,
          isolated: isIsolated,
          allMulticast: hearsAll,
          vlan: inVlan,
        }));
  }
}
