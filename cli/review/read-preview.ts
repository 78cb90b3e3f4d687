import { z } from "zod";
import type { PlannedInterface } from "../../provider/planning/index.ts";
import { KvmNetworkError } from "../../provider/schema/error.ts";
import {
  hostBridgeRefSchema,
  macvtapEndpointRefSchema,
  sriovVirtualFunctionRefSchema,
} from "../../provider/schema/ref.ts";
import { vlanSchema } from "../../provider/schema/vlan.ts";

const stateSchema = z.object({ type: z.string(), inputs: z.record(z.string(), z.unknown()).optional() });

const previewSchema = z.object({
  steps: z
    .array(
      z.object({
        op: z.string(),
        urn: z.string(),
        oldState: stateSchema.optional(),
        newState: stateSchema.optional(),
      }),
    )
    .default([]),
  changeSummary: z.record(z.string(), z.number()).optional(),
});

const plannedSchema = z.object({
  host: z.string(),
  mac: z.string(),
  domain: z.string().optional(),
  realization: z.object({ kind: z.string(), source: z.string(), because: z.array(z.string()).default([]) }),
  bridge: hostBridgeRefSchema.optional(),
  endpoint: macvtapEndpointRefSchema.optional(),
  vf: sriovVirtualFunctionRefSchema.optional(),
  vlan: vlanSchema.optional(),
  isolated: z.boolean().optional(),
  allMulticast: z.boolean().optional(),
});

/** A VM's interface as a state or a preview has it. */
export interface ReviewedInterface extends PlannedInterface {
  /** The ids of the rules that chose the realization. */
  readonly because: readonly string[];
}

/** One VmInterface before and after the update; missing where it is not there, or not known. */
export interface Change {
  readonly name: string;
  readonly op: string;
  readonly before?: ReviewedInterface;
  readonly after?: ReviewedInterface;
}

/** The layer-2 networks behind uplinks, by `host/nic`, as the program's Reachability components name them. */
export type Networks = Readonly<Record<string, string>>;

export interface ReadPreview {
  readonly changes: readonly Change[];
  readonly networks: { readonly before: Networks; readonly after: Networks };
}

export class PreviewError extends KvmNetworkError {
  constructor(what: string) {
    super("bad-preview", `${what}; give it the output of: pulumi preview --json --show-sames`);
  }
}

const isVmInterface = (type: string | undefined): boolean => type?.endsWith("kvm-network:VmInterface") === true;

const isReachability = (type: string | undefined): boolean => type === "kvm-network:index:Reachability";

const networksSchema = z.object({ networks: z.record(z.string(), z.string()).default({}) });

/** Of all Reachability components together. */
const networksOf = (states: readonly (z.infer<typeof stateSchema> | undefined)[]): Networks =>
  Object.assign(
    {},
    ...states
      .filter((state) => isReachability(state?.type))
      .map((state) => networksSchema.safeParse(state?.inputs).data?.networks),
  );

const interfaceOf = (name: string, inputs: unknown): ReviewedInterface | undefined => {
  const parsed = plannedSchema.safeParse(inputs);
  if (!parsed.success) return undefined;
  const { realization, ...rest } = parsed.data;
  return { name, ...rest, realization, because: realization.because };
};

/** What a preview does to the interfaces of VMs, and what it says of the networks they are in. The text is the output of `pulumi preview --json --show-sames`. */
export const readPreview = (text: string): ReadPreview => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new PreviewError("this is not JSON");
  }
  const parsed = previewSchema.safeParse(json);
  if (!parsed.success || typeof json !== "object" || json === null || !("steps" in json || "changeSummary" in json))
    throw new PreviewError("this is no preview");
  const { steps, changeSummary } = parsed.data;
  // The stack itself is shown even then.
  if (steps.filter(({ op }) => op === "same").length < (changeSummary?.same ?? 0))
    throw new PreviewError("this preview leaves out what stays the same, so that nobody can tell who reaches whom");
  const changes = new Map<string, Change>();
  // A replacement has several steps of one URN.
  for (const { op, urn, oldState, newState } of steps) {
    if (!isVmInterface(oldState?.type) && !isVmInterface(newState?.type)) continue;
    const name = urn.slice(urn.lastIndexOf("::") + 2);
    const known = changes.get(urn);
    const before = known?.before ?? interfaceOf(name, oldState?.inputs);
    const after = op.startsWith("delete") ? known?.after : (interfaceOf(name, newState?.inputs) ?? known?.after);
    changes.set(urn, {
      name,
      op: known === undefined ? op : "replace",
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    });
  }
  return {
    changes: [...changes.values()].sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true })),
    networks: {
      before: networksOf(steps.map(({ oldState }) => oldState)),
      after: networksOf(steps.map(({ newState }) => newState)),
    },
  };
};
