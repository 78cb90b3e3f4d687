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

export const capabilitySchema = z.enum(capabilities, {
  error: (issue) => `unknown capability ${JSON.stringify(issue.input)}: one of ${capabilities.join(", ")}`,
});
