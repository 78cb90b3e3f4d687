import { z } from "zod";
import { driverCapabilitySchema } from "./capability.ts";
import { interfaceNameSchema } from "./interface-name.ts";
import { macAddressSchema } from "./mac-address.ts";
import { embeddedSwitchModes, eswitchModes, reflectiveRelayStates, relayActions } from "./mode.ts";
import { mtuSchema } from "./mtu.ts";
import { networkManagerSchema } from "./network-manager.ts";
import { uplinkRefSchema } from "./ref.ts";
import { derivedFields, persistField, resourceFields, rollbackField } from "./resource.ts";
import { vfCountSchema } from "./vf-count.ts";

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
  ...persistField,
  ...rollbackField,
  /** The NIC, bond or VLAN link: its name or alternative name, or `{ mac }`, `{ pci }`, `{ driver }`. */
  nic: nicSelectorSchema,
  /** Bytes. Left alone when not given. */
  mtu: mtuSchema.optional(),
  /**
   * The number of VFs (SR-IOV), from 0 to what the NIC can have. Left alone when not given. Changed only while nobody holds a
   * VF: the kernel goes by way of none.
   */
  numVfs: vfCountSchema.optional(),
  /**
   * Who configures the host's network when it boots, and is told of what is kept there for this NIC and all that sits on it. Default: who
   * runs. `none`: nobody is told, our own unit alone does it.
   */
  networkManager: networkManagerSchema.optional(),
  /**
   * The mode of the NIC's own switch (`bridge link set … hwmode`): `veb` passes frames between its VFs in the NIC, `vepa` leaves
   * that to the adjacent switch. Left alone when not given.
   */
  embeddedSwitch: z.enum(embeddedSwitchModes).optional(),
  /**
   * Who rules the NIC's own switch (`devlink dev eswitch set … mode`): `legacy` the NIC by MAC and VLAN, `switchdev` the host.
   * Changed only while nobody holds a VF. Left alone when not given.
   */
  eswitchMode: z.enum(eswitchModes).optional(),
  /**
   * Whether the NIC drops what comes back to it with its own source MACs, which a reflecting switch sends back (i40e: its private
   * flag `disable-source-pruning`; changing it resets the NIC). Left alone when not given.
   */
  sourcePruning: z.boolean().optional(),
  /** Administrative state. Default true. */
  up: z.boolean().default(true),
  /**
   * `probe`: find out whether the adjacent switch reflects, by a few frames between two temporary macvtaps, at the first update
   * and at each refresh. `request`: ask the switch for it by LLDP (EVB station), which takes a running lldpad. Or both, in a
   * list: it is asked first. Default: neither.
   */
  reflectiveRelay: z
    .union([z.enum(relayActions), z.array(z.enum(relayActions)).min(1)], {
      error: ({ input }) => `unknown ${JSON.stringify(input)}: "probe", "request", or a list of both`,
    })
    .optional(),
  /** What you know, and the host can't tell. It wins over what is probed. */
  assume: z
    .strictObject({
      /** Whether the adjacent switch reflects. */
      reflectiveRelay: z.enum(reflectiveRelayStates).optional(),
      /** The mode that the NIC's own switch is in (`bridge link set dev NIC hwmode veb|vepa`). */
      embeddedSwitch: z.enum(embeddedSwitchModes).optional(),
      /** What this NIC gives its VFs, of what the NIC and its driver decide: `driver` in the table of docs/modes.md. */
      vfCapabilities: z.array(driverCapabilitySchema).optional(),
    })
    .optional(),
};

/** What stays of a NIC whatever it is called: its permanent MAC and its PCI address, as far as it has them. */
export const nicIdentitySchema = z.object({ permanentMac: z.string().optional(), pci: z.string().optional() });
export type NicIdentity = z.output<typeof nicIdentitySchema>;

export const uplinkInputsSchema = z.strictObject({
  ...resourceFields,
  ...uplinkFields,
  ...derivedFields,
  ref: uplinkRefSchema,
  /** By what the NIC is found again when it is called something else. */
  identity: nicIdentitySchema.optional(),
  /** With `probe`: that the result is the one recorded, or after a refresh what it has become. */
  probed: z.string().optional(),
  /** With `request`: that lldpad asks for it, or after a refresh what it does instead. */
  requested: z.string().optional(),
});
export type UplinkInputs = z.output<typeof uplinkInputsSchema>;
