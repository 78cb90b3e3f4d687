import { z } from "zod";
import { bandwidthFactsSchema, bandwidthSchema } from "./bandwidth.ts";
import { capabilitySchema } from "./capability.ts";
import { interfaceNameSchema, newInterfaceNameSchema } from "./interface-name.ts";
import { macAddressSchema } from "./mac-address.ts";
import { bridgingModeSchema } from "./mode.ts";
import { mtuSchema } from "./mtu.ts";
import { realizationSchema } from "./realization.ts";
import { hostBridgeRefSchema, macvtapEndpointRefSchema, sriovVirtualFunctionRefSchema } from "./ref.ts";
import { derivedFields, persistField, resourceFields } from "./resource.ts";
import { vfIndexSchema } from "./vf-count.ts";
import { vlanFactsSchema, vlanSchema } from "./vlan.ts";
import { vsiSchema } from "./vsi.ts";

/** `unknown`: the host was not asked, or could not tell. */
export const filterStates = ["filtered", "missing", "changed", "unknown"] as const;
export type FilterState = (typeof filterStates)[number];

const ringSize = z
  .number()
  .int()
  .min(256)
  .max(1024)
  .refine((size) => Number.isInteger(Math.log2(size)), { message: "a ring has 256, 512 or 1024 descriptors" });

export const vmInterfaceFields = {
  ...persistField,
  bridge: hostBridgeRefSchema.optional(),
  endpoint: macvtapEndpointRefSchema.optional(),
  /**
   * The VF that the guest is to have, in place of a bridge. Its MAC and VLAN, where the SriovVirtualFunction manages them, are this
   * interface's. Default, on a bridge of type `embedded`: the lowest that is free, kept from then on.
   */
  vf: sriovVirtualFunctionRefSchema.optional(),
  /** The libvirt domain's name. Without it nothing is attached: the outputs give the XML. */
  domain: z
    .string()
    .min(1)
    .max(255)
    // libvirt takes almost anything for a name; a slash or a control character never.
    .regex(/^[^/\p{Cc}]+$/u, "a domain's name has no slash and no control characters")
    .optional(),
  /** Where frames between VMs are switched. Default: the cheapest mode of the bridge that serves `needs`, `veb` first. */
  mode: bridgingModeSchema.optional(),
  /** What the attachment must be able to do. Default: what the bridge says, else nothing. */
  needs: z.array(capabilitySchema).optional(),
  /** Default: derived from organization, project, stack and name, and kept from then on. */
  mac: macAddressSchema.optional(),
  /** The NIC that the guest sees. Default virtio. */
  model: z.enum(["virtio", "e1000", "e1000e", "rtl8139"]).default("virtio"),
  /** virtio's back end. Default: vhost where the host is known to have it. */
  driver: z.enum(["vhost", "qemu"]).optional(),
  /** Queue pairs of virtio: 1 to 256. */
  queues: z.number().int().min(1).max(256).optional(),
  /** virtio: 256, 512 or 1024 descriptors. */
  rxQueueSize: ringSize.optional(),
  txQueueSize: ringSize.optional(),
  /** Bytes, told to a virtio guest; at most the bridge's. Default: the host's. */
  mtu: mtuSchema.optional(),
  /** The cable, as the guest sees it. Default up. */
  linkState: z.enum(["up", "down"]).default("up"),
  /** No frames to and from other isolated ports (Linux bridges only). Default false. */
  isolated: z.boolean().default(false),
  /** Let the guest change its address and filters (macvtap only). Default false. */
  trustGuestRxFilters: z.boolean().default(false),
  /** The name of a libvirt nwfilter (Linux bridges only). */
  filter: z
    .string()
    // libvirt's schema has an NCName there (nwfilter.rng): a letter or _ first.
    .regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/, "the name of an nwfilter, as `virsh nwfilter-list` shows it")
    .optional(),
  /**
   * Tell the adjacent switch of this port (802.1Qbg VDP, macvtap only): its port profile. Takes an uplink that is a VLAN link,
   * lldpad on the host, and a switch that speaks VDP.
   */
  vsi: vsiSchema.optional(),
  /**
   * The guest's VLAN (1 to 4094), untagged in the guest; or a trunk, `{ native: 10, tagged: [20, "100-199"] }`, on Linux bridges.
   * A Linux bridge must filter VLANs (libvirt 11.0); below a macvtap a VLAN link is made on the uplink. Default: none.
   */
  vlan: vlanSchema.optional(),
  /** Limits to what the guest receives (`inbound`) and sends (`outbound`). Default: none. */
  bandwidth: bandwidthSchema.optional(),
  /** Position in the boot order, from 1. */
  bootOrder: z.number().int().min(1).max(99).optional(),
  /** Deliver every multicast group to the guest (macvtap only). Default true. */
  allMulticast: z.boolean().optional(),
  /** How long a running guest may take to let go of the NIC. Default 20. */
  detachTimeoutSeconds: z.number().int().min(1).max(600).optional(),
};

/** How far the filter of a pepa interface is in place: on the uplink, and on its own macvtap. */
const isolationSchema = z.strictObject({ uplink: z.enum(filterStates), endpoint: z.enum(filterStates) });
export type Isolation = z.output<typeof isolationSchema>;

export const vmInterfaceInputsSchema = z.strictObject({
  ...resourceFields,
  ...vmInterfaceFields,
  ...derivedFields,
  // A change by hand can leave a model, a VLAN or limits that a program could not ask for.
  model: z.string(),
  vlan: vlanFactsSchema.optional(),
  bandwidth: bandwidthFactsSchema.optional(),
  mac: macAddressSchema,
  /** The host device's name, chosen by us so that it is known before the guest starts. */
  target: newInterfaceNameSchema,
  /**
   * Where the domain must have it: everywhere it is defined. What `refresh` finds instead: live-only, persistent-only; none:
   * a pepa interface whose macvtap is all that is left.
   */
  attachment: z.enum(["complete", "live-only", "persistent-only", "none"]).optional(),
  /** Of a pepa interface: filtered, at both ends. What `refresh` finds instead: missing, changed, unknown. */
  isolation: isolationSchema.optional(),
  /**
   * Of a macvtap with a `vlan`: the VLAN link on the uplink that it stands on, shared with all others of that VLAN. Its state is
   * "in place", or what `refresh` finds instead.
   */
  vlanLink: z.strictObject({ name: interfaceNameSchema, state: z.string() }).optional(),
  realization: realizationSchema,
  /** Of an interface on a VF: which one of `realization.source`. Left out until an update where nothing told of the VFs before it. */
  vfIndex: vfIndexSchema.optional(),
  /** The decision as plain data, for tools that read previews. */
  plan: z.strictObject({
    host: z.string(),
    uplink: z.string().optional(),
    mode: bridgingModeSchema.optional(),
    vlan: vlanFactsSchema.optional(),
    mac: macAddressSchema,
    realization: z.string(),
    vfIndex: vfIndexSchema.optional(),
  }),
});
export type VmInterfaceInputs = z.output<typeof vmInterfaceInputsSchema>;
