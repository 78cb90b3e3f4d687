import { z } from "zod";
import { capabilitySchema, driverCapabilitySchema } from "./capability.ts";
import { interfaceNameSchema } from "./interface-name.ts";
import { macAddressSchema } from "./mac-address.ts";
import { bridgeTypes, bridgingModeSchema, embeddedSwitchModes, reflectiveRelayStates } from "./mode.ts";
import { mtuSchema } from "./mtu.ts";
import { networkManagerSchema } from "./network-manager.ts";
import { vfCountSchema, vfIndexSchema } from "./vf-count.ts";
import { vlanIdSchema, vlanPrioritySchema, vlanProtocols } from "./vlan.ts";

/**
 * A `ref` is all that one resource needs to know of another, as plain data: it can cross stacks through a stack reference.
 * It never repeats anything of a connection.
 */
export const uplinkRefSchema = z.strictObject({
  kind: z.literal("Uplink"),
  host: z.string().min(1),
  nic: interfaceNameSchema,
  /** The MTU that the Uplink manages; left out when it leaves the MTU alone. */
  mtu: mtuSchema.optional(),
  /** The number of VFs that the Uplink manages; left out when it leaves them alone. */
  numVfs: vfCountSchema.optional(),
  /** What was stated of the adjacent switch, else what was probed. */
  reflectiveRelay: z.enum(reflectiveRelayStates),
  /** What was stated of the mode of the NIC's own switch. */
  embeddedSwitch: z.enum(embeddedSwitchModes).optional(),
  /** What was stated to be possible for its VFs, of what depends on the NIC. */
  vfCapabilities: z.array(driverCapabilitySchema).optional(),
  /** Who is told of what outlasts a reboot there; left out: who runs. */
  networkManager: networkManagerSchema.optional(),
  /** The Uplink asks the switch to reflect. Left out when it does not. */
  relayRequested: z.literal(true).optional(),
});

export const hostBridgeRefSchema = z.strictObject({
  kind: z.literal("HostBridge"),
  host: z.string().min(1),
  type: z.enum(bridgeTypes),
  /** The uplink below; left out for an existing bridge, whose uplink is not ours to know. */
  uplink: uplinkRefSchema.optional(),
  /** The Linux bridge; left out for `ethernet` and `embedded`, which have none. */
  device: interfaceNameSchema.optional(),
  mode: z.union([z.literal("all"), z.array(bridgingModeSchema)]),
  /** What its interfaces need by default. */
  needs: z.array(capabilitySchema).optional(),
  mtu: mtuSchema.optional(),
  /** The host's own addresses move to it. Left out when they do not. */
  movesAddresses: z.literal(true).optional(),
  /** Of a Linux bridge that filters VLANs: the VLAN of untagged frames (0: none), and what its uplink's port carries. */
  vlans: z
    .strictObject({
      defaultPvid: z.number().int(),
      uplinkPvid: z.number().int(),
      uplinkTagged: z.array(z.union([z.number().int(), z.string()])),
    })
    .optional(),
});

export const macvtapEndpointRefSchema = z.strictObject({
  kind: z.literal("MacvtapEndpoint"),
  host: z.string().min(1),
  uplink: uplinkRefSchema,
  device: interfaceNameSchema,
  mode: z.string(),
  mac: macAddressSchema,
});

/** A VF that a SriovVirtualFunction manages: who attaches it keeps what is said of it here, for libvirt sets MAC and VLAN anew. */
export const sriovVirtualFunctionRefSchema = z.strictObject({
  kind: z.literal("SriovVirtualFunction"),
  host: z.string().min(1),
  uplink: uplinkRefSchema,
  vfIndex: vfIndexSchema,
  mac: macAddressSchema.optional(),
  vlan: vlanIdSchema.optional(),
  /** With `vlan`: 0 to 7. */
  qos: vlanPrioritySchema.optional(),
  vlanProtocol: z.enum(vlanProtocols).optional(),
  trust: z.boolean().optional(),
});

export type UplinkRef = z.output<typeof uplinkRefSchema>;
export type HostBridgeRef = z.output<typeof hostBridgeRefSchema>;
export type MacvtapEndpointRef = z.output<typeof macvtapEndpointRefSchema>;
export type SriovVirtualFunctionRef = z.output<typeof sriovVirtualFunctionRefSchema>;
