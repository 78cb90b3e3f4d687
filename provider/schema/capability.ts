import { z } from "zod";

/** What an attachment can be asked to do (`needs`). docs/modes.md tells each. */
export const capabilities = [
  "vm-to-vm",
  "host-to-vm",
  "switch-visible",
  "host-filtering",
  "isolation",
  "live-migration",
  "multiple-macs",
  "multicast",
  "vlan",
  "mirroring",
  "bandwidth",
  "hardware-path",
] as const;
export type Capability = (typeof capabilities)[number];

/** Those of which a NIC and its driver decide whether a VF has them: what somebody knows of them is stated on the Uplink. */
export const driverCapabilities = [
  "host-to-vm",
  "multiple-macs",
  "multicast",
  "mirroring",
] as const satisfies readonly Capability[];
export type DriverCapability = (typeof driverCapabilities)[number];

export const driverCapabilitySchema = z.enum(driverCapabilities, {
  error: ({ input }) =>
    `${JSON.stringify(input)} does not depend on the NIC: those that do are ${driverCapabilities.join(", ")}`,
});

export const capabilitySchema = z.enum(capabilities, {
  error: (issue) => `unknown capability ${JSON.stringify(issue.input)}: one of ${capabilities.join(", ")}`,
});
