import fc from "fast-check";
import type { z } from "zod";
import { hostBridgeFields, hostBridgeInputsSchema } from "../../provider/schema/host-bridge.ts";
import { macvtapEndpointFields, macvtapEndpointInputsSchema } from "../../provider/schema/macvtap-endpoint.ts";
import { resourceFields } from "../../provider/schema/resource.ts";
import {
  sriovVirtualFunctionFields,
  sriovVirtualFunctionInputsSchema,
} from "../../provider/schema/sriov-virtual-function.ts";
import { uplinkFields, uplinkInputsSchema } from "../../provider/schema/uplink.ts";
import { vmInterfaceFields, vmInterfaceInputsSchema } from "../../provider/schema/vm-interface.ts";
import { hostFacts, plausible } from "./plausible-inputs.ts";

interface Kind {
  /** The inputs that a program can give. */
  readonly fields: ReadonlySet<string>;
  /** All that is kept. */
  readonly schema: z.ZodType;
  readonly inputs: fc.Arbitrary<Record<string, unknown>>;
}

const kind = (fields: object, schema: z.ZodType, inputs: Kind["inputs"]): Kind => ({
  fields: new Set(Object.keys({ ...resourceFields, ...fields })),
  schema,
  inputs,
});

export const kinds = {
  Uplink: kind(uplinkFields, uplinkInputsSchema, plausible.Uplink),
  HostBridge: kind(hostBridgeFields, hostBridgeInputsSchema, plausible.HostBridge),
  MacvtapEndpoint: kind(macvtapEndpointFields, macvtapEndpointInputsSchema, plausible.MacvtapEndpoint),
  SriovVirtualFunction: kind(
    sriovVirtualFunctionFields,
    sriovVirtualFunctionInputsSchema,
    plausible.SriovVirtualFunction,
  ),
  VmInterface: kind(vmInterfaceFields, vmInterfaceInputsSchema, plausible.VmInterface),
};
export type KindName = keyof typeof kinds;

/** Stands in each connection, and nowhere in an answer but there. */
export const password = "correct horse battery staple";

const connection = { host: "hv1.example.net", user: "kvm", password };

/** A resource that no other one is, or one would be told that its address or its VF is taken. */
let resources = 0;
const seed = (): string => {
  resources += 1;
  return `acme/urn:pulumi:dev::shop::Kind::resource-${resources}`;
};

/** What a program hands to check, with the host's facts or without. */
export const newsOf = (name: KindName): fc.Arbitrary<Record<string, unknown>> =>
  fc.tuple(kinds[name].inputs, fc.option(hostFacts, { nil: undefined })).map(([inputs, facts]) => ({
    host: "hv1",
    connection,
    ...inputs,
    ...(facts === undefined ? {} : { hostFacts: facts, hints: { domainIsMadeHere: true } }),
  }));

export const withSeed = (news: Record<string, unknown>): Record<string, unknown> => ({ seed: seed(), ...news });
