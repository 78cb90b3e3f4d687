import type * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import type { ModeEvidence } from "../provider/planning/index.ts";
import type { Capability } from "../provider/schema/capability.ts";
import type { linuxBridgeFields, networkField } from "../provider/schema/host-bridge.ts";
import type { BridgingMode } from "../provider/schema/mode.ts";
import type { HostBridgeRef, UplinkRef } from "../provider/schema/ref.ts";
import { factsFor } from "./facts-for.ts";
import type { FieldArgs } from "./field-args.ts";
import { type HostArg, originInputs, originOf } from "./host.ts";
import { KvmResource } from "./kvm-resource.ts";
import { originBy, uplinkLink } from "./ref-of.ts";
import type { Uplink } from "./uplink.ts";

interface EveryBridgeArgs extends FieldArgs<z.ZodObject<typeof networkField>> {
  /** What its interfaces need unless they say it themselves. Default: nothing. */
  needs?: pulumi.Input<Capability[]>;
}

interface OnUplink extends EveryBridgeArgs {
  /** The uplink below: the resource, or its `ref` from another stack. */
  uplink: Uplink | pulumi.Input<UplinkRef>;
  /** How the host is reached, when `uplink` is a `ref`: a ref carries no credentials. */
  host?: HostArg;
  /** The modes its interfaces may ask for. Default `all`: whatever is supported. */
  mode?: pulumi.Input<"all" | BridgingMode[]>;
}

/** A Linux bridge of its own, with the uplink as its port. */
export interface HypervisorBridgeArgs extends OnUplink, FieldArgs<z.ZodObject<typeof linuxBridgeFields>> {
  type?: "hypervisor";
}

/** The uplink itself: no bridge device; each interface's mode decides who switches. */
export interface EthernetBridgeArgs extends OnUplink {
  type: "ethernet";
}

/** The NIC's own switch (SR-IOV), which serves its VFs: no bridge device. This version attaches no VFs to VMs yet. */
export interface EmbeddedBridgeArgs extends OnUplink {
  type: "embedded";
  network?: never;
}

export type HostBridgeArgs = HypervisorBridgeArgs | EthernetBridgeArgs | EmbeddedBridgeArgs;

export interface ExistingBridgeArgs extends EveryBridgeArgs {
  /** The hypervisor: from `getHost()`, or a connection. */
  host: HostArg;
  /** The bridge's name on the host: br0, vmbr0, virbr0. */
  bridge: pulumi.Input<string>;
}

/** What the VMs' interfaces sit on, and the modes they may have there. */
export class HostBridge extends KvmResource {
  /** What other resources, of this or another stack, need to know of it. */
  declare readonly ref: pulumi.Output<HostBridgeRef>;
  /** The Linux bridge on the host; missing for `ethernet` and `embedded`, which have none. */
  declare readonly device: pulumi.Output<string | undefined>;
  /** The modes that its interfaces can ask for, as far as facts tell. */
  declare readonly supportedModes: pulumi.Output<BridgingMode[]>;
  /** Why each mode is supported, or is not: the rules that decided, and what would change it. */
  declare readonly evidence: pulumi.Output<ModeEvidence[]>;

  constructor(
    name: string,
    args: HostBridgeArgs | (ExistingBridgeArgs & { type: "existing" }),
    options?: pulumi.CustomResourceOptions,
  ) {
    if (args.type === "existing") {
      const { host, ...fields } = args;
      const origin = originOf(host);
      const hostFacts = factsFor(origin, () => ({ links: [fields.bridge] }));
      super("HostBridge", name, { ...fields, ...originInputs(origin), hostFacts }, outputs, origin, options);
      return;
    }
    const { host, uplink, ...fields } = args;
    const origin = originBy(host, uplink);
    const link = uplinkLink(uplink);
    const own = "name" in fields ? fields.name : undefined;
    const hostFacts = factsFor(origin, () => ({ nic: link.nic, links: [own] }));
    super(
      "HostBridge",
      name,
      { ...fields, uplink: link.uplink, ...originInputs(origin), hostFacts },
      outputs,
      origin,
      options,
    );
  }

  /** A bridge that somebody else made: nothing of it is changed, and nothing is restored. */
  static existing(name: string, args: ExistingBridgeArgs, options?: pulumi.CustomResourceOptions): HostBridge {
    return new HostBridge(name, { ...args, type: "existing" }, options);
  }
}

const outputs = ["ref", "device", "supportedModes", "evidence", "original"] as const;
