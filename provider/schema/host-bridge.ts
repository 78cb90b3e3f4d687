import { z } from "zod";
import { capabilitySchema } from "./capability.ts";
import { interfaceNameSchema, newInterfaceNameSchema } from "./interface-name.ts";
import { macAddressSchema } from "./mac-address.ts";
import { bridgeTypes, bridgingModeSchema, bridgingModes } from "./mode.ts";
import { mtuSchema } from "./mtu.ts";
import { addressManagers } from "./network-manager.ts";
import { hostBridgeRefSchema, uplinkRefSchema } from "./ref.ts";
import { adoptField, derivedFields, persistField, resourceFields, rollbackField } from "./resource.ts";
import { highestVlanId, vlanListSchema } from "./vlan.ts";

const ipAddress = z.union([z.ipv4(), z.ipv6()]);

const pvidSchema = z.number().int().min(0).max(highestVlanId);

const portVlanFields = {
  /** The VLAN that is untagged on the cable, 1 to 4094; 0: none, untagged frames are dropped. Default: `defaultPvid`. */
  pvid: pvidSchema.optional(),
  /** The VLANs that are tagged on the cable: IDs, and ranges such as "100-199". Default: all but `pvid`. */
  tagged: vlanListSchema.optional(),
};

const portFields = {
  /** Send frames back out of it: reflective relay. Default false. */
  hairpin: z.boolean().default(false),
  /** No frames between it and other isolated ports. Default false. */
  isolated: z.boolean().default(false),
};

/** The options of a Linux bridge. Source: ip-link(8) and the kernel's net/bridge. */
export const linuxBridgeFields = {
  ...adoptField,
  ...persistField,
  ...rollbackField,
  /**
   * The host's own addresses and routes on the uplink move to the bridge, and back when it is deleted; over the very SSH session,
   * if need be. Where systemd-networkd, NetworkManager or ifupdown configures the uplink it moves them itself, leases included. Default false:
   * an uplink that carries them is refused.
   */
  moveAddresses: z.boolean().optional(),
  /** With moveAddresses: the gateway of the host's default route from then on, IPv4 or IPv6. Default: the one that it has. */
  gateway: z
    .string()
    .refine((text) => ipAddress.safeParse(text).success, "an IPv4 or IPv6 address, without a prefix length")
    .optional(),
  /**
   * With moveAddresses: what the adjacent switch may answer by shutting the port down, which no host can take back. `stp`: frames of a
   * spanning tree (BPDU guard); `mac`: another address than the uplink's (port security). Default: none, and neither is done.
   */
  acknowledge: z.array(z.enum(["stp", "mac"])).optional(),
  /** The bridge's name. Default: made from the resource's name. */
  name: newInterfaceNameSchema.optional(),
  /** Spanning tree. Default false. */
  stp: z.boolean().optional(),
  /** 2 to 30 with STP; 0 without it. Default 15 with STP, 0 without. */
  forwardDelaySeconds: z.number().int().min(0).max(30).optional(),
  /** 1 to 10. Default 2. */
  helloTimeSeconds: z.number().int().min(1).max(10).optional(),
  /** 6 to 40. Default 20. */
  maxAgeSeconds: z.number().int().min(6).max(40).optional(),
  /** 0 to 65535, least wins the root. Default 32768. */
  priority: z.number().int().min(0).max(65535).optional(),
  /** Seconds a learned address is kept; 0: not at all. Default 300. */
  ageingSeconds: z.number().int().min(0).max(1_000_000).optional(),
  /** IGMP and MLD snooping. Default true, the kernel's. */
  multicastSnooping: z.boolean().optional(),
  /** Bytes, at most the uplink's. Default: the uplink's. */
  mtu: mtuSchema.optional(),
  /** Default: the uplink's, pinned, so that no network manager makes another one up. */
  mac: macAddressSchema.optional(),
  /** Keep VLANs apart: a port hears the VLANs that it is in. Takes CONFIG_BRIDGE_VLAN_FILTERING. Default false. */
  vlanFiltering: z.boolean().optional(),
  /** With vlanFiltering: the VLAN of untagged frames of a port that says nothing else, 1 to 4094; 0: none. Default 1, the kernel's. */
  defaultPvid: pvidSchema.optional(),
  /** The bridge's port that is the uplink. */
  uplinkPort: z
    .strictObject({
      ...portFields,
      /** With vlanFiltering: the VLANs that go out by it. Default: all of them, the one of `pvid` untagged. */
      vlan: z.strictObject(portVlanFields).optional(),
    })
    .optional(),
  /**
   * Further ports, put into it by others, that frames are sent back out of: where this bridge is the adjacent switch of hosts
   * whose VMs are in vepa mode. Each must be a port by then. Switched off again when it is no longer listed.
   */
  hairpinPorts: z.array(interfaceNameSchema).optional(),
};

export const networkField = {
  /** The name of a libvirt network to define for this bridge, for domains that name networks. Default: none. */
  network: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,50}$/, "a network's name has 1 to 50 of A-Z a-z 0-9 _ . -")
    .optional(),
};

export const hostBridgeFields = {
  /** Left out for an existing bridge. */
  uplink: uplinkRefSchema.optional(),
  /** Default `hypervisor`. */
  type: z
    .enum(bridgeTypes, {
      error: ({ input }) => `unknown type ${JSON.stringify(input)}: one of ${bridgeTypes.join(", ")}`,
    })
    .default("hypervisor"),
  /** The modes its interfaces may ask for. Default `all`: whatever is supported. */
  mode: z
    .union([z.literal("all"), z.array(bridgingModeSchema).min(1)], {
      error: ({ input }) =>
        `unknown mode ${JSON.stringify(input)}: "all", or a list of ${bridgingModes.map((mode) => `"${mode}"`).join(", ")}`,
    })
    .default("all"),
  /** What its interfaces need unless they say it themselves. Default: nothing. */
  needs: z.array(capabilitySchema).optional(),
  /** The bridge that somebody else made (`existing` only). */
  bridge: interfaceNameSchema.optional(),
  ...networkField,
  ...linuxBridgeFields,
};

export const hostBridgeInputsSchema = z.strictObject({
  ...resourceFields,
  ...hostBridgeFields,
  ...derivedFields,
  uplinkPort: z
    .strictObject({
      ...portFields,
      vlan: z
        .strictObject({
          ...portVlanFields,
          /** What `refresh` finds beside them: VLANs that leave untagged without being the PVID. */
          untagged: vlanListSchema.optional(),
        })
        .optional(),
    })
    .optional(),
  /** The ports that are ours to keep in it: the uplink (`hypervisor` only). */
  members: z.array(interfaceNameSchema).optional(),
  /** Who gives the host the addresses that move: theirs are the files that the bridge's are made of. Left out where nobody does. */
  addressManager: z.enum(addressManagers).optional(),
  ref: hostBridgeRefSchema,
});
export type HostBridgeInputs = z.output<typeof hostBridgeInputsSchema>;
