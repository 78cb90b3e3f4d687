import { z } from "zod";
import { newInterfaceNameSchema } from "./interface-name.ts";
import { macAddressSchema } from "./mac-address.ts";
import { mtuSchema } from "./mtu.ts";
import { macvtapEndpointRefSchema, uplinkRefSchema } from "./ref.ts";
import { adoptField, derivedFields, persistField, resourceFields } from "./resource.ts";

/** The modes an endpoint of its own can have; passthrough takes over the uplink's MAC and is not among them. */
export const endpointModes = ["bridge", "vepa", "private"] as const;

/** Words of intent that people write here, and the realization's word for them. */
const intents: ReadonlyMap<unknown, string> = new Map([
  ["veb", "bridge"],
  ["pepa", "private"],
]);

export const macvtapEndpointFields = {
  ...adoptField,
  ...persistField,
  uplink: uplinkRefSchema,
  /** The kernel's macvlan mode. `private` holds back broadcasts between endpoints but isolates no unicast under a reflecting switch. */
  mode: z.enum(endpointModes, {
    error: ({ input }) =>
      `unknown mode ${JSON.stringify(input)}: one of ${endpointModes.join(", ")}${
        intents.has(input)
          ? ` (${input} is what a VmInterface asks for; the macvtap's word is ${intents.get(input)})`
          : ""
      }`,
  }),
  /** The link's name. Default: made from the resource's name. */
  name: newInterfaceNameSchema.optional(),
  /** The guest's address. Default: derived from organization, project, stack and name, and kept from then on. */
  mac: macAddressSchema.optional(),
  /** Bytes, at most the uplink's. Default: the uplink's; then it is left alone. */
  mtu: mtuSchema.optional(),
  /** Default true. */
  up: z.boolean().default(true),
  /** Deliver every multicast group to the guest; without it IPv6 and multicast of guests work by chance. Default true. */
  allMulticast: z.boolean().default(true),
  /** The file descriptor that `qemuArgs` names: one for each NIC of a QEMU. Default 3. */
  qemuFd: z.number().int().min(3).max(255).default(3),
};

export const macvtapEndpointInputsSchema = z.strictObject({
  ...resourceFields,
  ...macvtapEndpointFields,
  ...derivedFields,
  name: newInterfaceNameSchema,
  mac: macAddressSchema,
  ref: macvtapEndpointRefSchema,
});
export type MacvtapEndpointInputs = z.output<typeof macvtapEndpointInputsSchema>;
