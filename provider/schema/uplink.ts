import { z } from "zod";
import { interfaceNameSchema } from "./interface-name.ts";
import { macAddressSchema } from "./mac-address.ts";
import { reflectiveRelayStates } from "./mode.ts";
import { mtuSchema } from "./mtu.ts";
import { uplinkRefSchema } from "./ref.ts";
import { derivedFields, resourceFields } from "./resource.ts";

/** Other ways than its name to choose a NIC; resolving them needs the facts of getHost(). */
export const nicSelectorSchema = z.union(
  [
    interfaceNameSchema,
    z.strictObject({ mac: macAddressSchema }),
    z.strictObject({
      pci: z.string().regex(/^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/, "a PCI address looks like 0000:3b:00.1"),
    }),
    z.strictObject({ driver: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, "a driver name, as `ethtool -i` prints it") }),
  ],
  { error: "choose the NIC by its name, or by one of { mac }, { pci }, { driver }" },
);
export type NicSelector = z.output<typeof nicSelectorSchema>;

export const uplinkFields = {
  /** The NIC, bond or VLAN link: its name or alternative name, or `{ mac }`, `{ pci }`, `{ driver }`. */
  nic: nicSelectorSchema,
  /** Bytes. Left alone when not given. */
  mtu: mtuSchema.optional(),
  /** Administrative state. Default true. */
  up: z.boolean().default(true),
  /** What you know of the adjacent switch and no protocol can prove. Default: unknown. */
  assume: z.strictObject({ reflectiveRelay: z.enum(reflectiveRelayStates).optional() }).optional(),
};

export const uplinkInputsSchema = z.strictObject({
  ...resourceFields,
  ...uplinkFields,
  ...derivedFields,
  ref: uplinkRefSchema,
});
export type UplinkInputs = z.output<typeof uplinkInputsSchema>;
