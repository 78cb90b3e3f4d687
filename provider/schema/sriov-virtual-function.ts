import { z } from "zod";
import { vfLinkStates } from "./facts.ts";
import { macAddressSchema } from "./mac-address.ts";
import { sriovVirtualFunctionRefSchema, uplinkRefSchema } from "./ref.ts";
import { derivedFields, persistField, resourceFields } from "./resource.ts";
import { vfIndexSchema } from "./vf-count.ts";
import { vlanIdSchema, vlanPrioritySchema, vlanProtocols } from "./vlan.ts";

/** Who drives a VF: `host` its own network driver, `vfio-pci` whoever is handed it, a guest. */
export const vfDrivers = ["host", "vfio-pci"] as const;

/** struct ifla_vf_rate has 32 bits; 0 stands for no limit, which is what leaving it out means. */
const rateSchema = z.number().int("whole Mbit/s").min(1, "at least 1 Mbit/s").max(4_294_967_295);

export const sriovVirtualFunctionFields = {
  ...persistField,
  uplink: uplinkRefSchema,
  /** Which of the NIC's VFs, from 0. Default: the first that is free, kept from then on as `vfIndex`. */
  index: vfIndexSchema.optional(),
  /** The VF's address, which its guest can't change unless it is trusted. Default: derived, and kept when the resource is renamed. */
  mac: macAddressSchema.optional(),
  /** The VLAN that the NIC puts what the VF sends into, unseen by the guest: 1 to 4094. Left alone when not given. */
  vlan: vlanIdSchema.optional(),
  /** With `vlan`: the priority (PCP) in its tag, 0 to 7. Default 0. */
  qos: vlanPrioritySchema.optional(),
  /** With `vlan`: `802.1Q` (default), or `802.1ad` for a provider's tag. */
  vlanProtocol: z.enum(vlanProtocols).optional(),
  /** Drop what the VF sends with a source address that is not its own. Left alone when not given. */
  spoofCheck: z.boolean().optional(),
  /** Let the guest change its address and hear more than its own. Left alone when not given. */
  trust: z.boolean().optional(),
  /** Mbit/s that the VF may send at least when the NIC is full. Left alone when not given. */
  minTxRateMbps: rateSchema.optional(),
  /** Mbit/s that the VF may send at most. Left alone when not given. */
  maxTxRateMbps: rateSchema.optional(),
  /** The VF's link: as the NIC's (`auto`), always up, always down. Left alone when not given. */
  linkState: z.enum(vfLinkStates).optional(),
  /** Who drives it: `host` its own network driver, `vfio-pci` a guest. Left alone when not given. */
  driver: z.enum(vfDrivers, { error: 'one of "host", "vfio-pci"' }).optional(),
};

export const sriovVirtualFunctionInputsSchema = z.strictObject({
  ...resourceFields,
  ...sriovVirtualFunctionFields,
  ...derivedFields,
  mac: macAddressSchema,
  /** Left out as long as only the host knows: then they are outputs. */
  vfIndex: vfIndexSchema.optional(),
  ref: sriovVirtualFunctionRefSchema.optional(),
});
export type SriovVirtualFunctionInputs = z.output<typeof sriovVirtualFunctionInputsSchema>;
