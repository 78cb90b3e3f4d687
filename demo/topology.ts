import { z } from "zod";
import type { Lab } from "../lab/lab.ts";
import type { StackResource } from "../lab/stack.ts";
import type { PlannedInterface } from "../provider/planning/index.ts";
import { hostBridgeRefSchema } from "../provider/schema/ref.ts";
import { vmNames } from "./vms.ts";

/** A VM's attachment, as the stack's state has it. */
export interface Vm {
  readonly name: string;
  readonly hypervisor: string;
  readonly uplink: string;
  readonly mode: "veb" | "vepa" | "pepa";
  readonly realization: string;
  /** What it sits on: the uplink, or the Linux bridge. */
  readonly source: string;
  /** The link on the host. */
  readonly device: string;
  readonly mac: string;
  /** Is it attached by a tap on a Linux bridge (else: a macvtap)? */
  readonly tap: boolean;
  /** What the product foresees its reach from. */
  readonly planned: PlannedInterface;
}

export interface Topology {
  readonly hypervisors: readonly {
    readonly name: string;
    readonly address: string;
    readonly uplinks: readonly string[];
  }[];
  readonly vms: readonly Vm[];
  /** The uplinks whose switch port sends frames back: `hv1/eth1`. */
  readonly reflecting: ReadonlySet<string>;
}

const attachment = z.object({
  domain: z.string(),
  mac: z.string(),
  target: z.string(),
  plan: z.object({ host: z.string(), uplink: z.string(), mode: z.enum(["veb", "vepa", "pepa"]) }),
  realization: z.object({ kind: z.string(), source: z.string() }),
  bridge: hostBridgeRefSchema,
  isolated: z.boolean(),
  allMulticast: z.boolean().optional(),
});

/** What was made, from the state of the stack: nothing of it is the demo's own knowledge. */
export function readTopology(lab: Lab, resources: readonly StackResource[], reflecting: ReadonlySet<string>): Topology {
  const hypervisors = lab.hypervisors.map(({ name, connection, uplinks }) => ({
    name,
    address: connection.host,
    uplinks,
  }));
  const vms = resources
    .filter(({ type }) => type.endsWith(":VmInterface"))
    .map(({ inputs }) => {
      const { domain, target, plan, ...rest } = attachment.parse(inputs);
      const { mac, realization } = rest;
      const hypervisor = hypervisors.find(({ address }) => address === plan.host)?.name ?? plan.host;
      return {
        name: domain,
        hypervisor,
        uplink: plan.uplink,
        mode: plan.mode,
        realization: realization.kind,
        source: realization.source,
        device: target,
        mac,
        tap: realization.kind === "linux-bridge",
        planned: { name: domain, host: hypervisor, ...rest },
      };
    });
  // By broadcast domain, by place, and there in the order of the program.
  const rank = (vm: Vm) => `${vm.uplink} ${vm.hypervisor} ${vmNames.indexOf(vm.name)}`;
  return { hypervisors, vms: vms.sort((a, b) => (rank(a) < rank(b) ? -1 : 1)), reflecting };
}
