import { z } from "zod";

/**
 * libvirt counts rates in units of 1000 bytes per second (it hands them to tc(8) as `kbps`), so 1 Mbit/s is 125 of them, and
 * bursts in KiB (tc's `kb`).
 */
export const rateUnitsPerMbps = 125;

/** What is converted without loss, and so read back as it was given. */
const rateSchema = z
  .number()
  .positive("a rate is above 0")
  .max(1_000_000, "a rate is at most 1000000 Mbit/s")
  .refine((mbps) => Number.isInteger(Math.round(mbps * rateUnitsPerMbps * 1e6) / 1e6), {
    message: "a rate is a whole number of Mbit/s, or at least of thousands of bytes per second: a multiple of 0.008",
  });

const directionSchema = z
  .strictObject({
    /** Mbit/s, on average. */
    averageMbps: rateSchema,
    /** Mbit/s, the most while there is room. Default: no bound of its own; where frames are dropped and not queued, there is none. */
    peakMbps: rateSchema.optional(),
    /** KiB that may go at once. Default: libvirt's. */
    burstKiB: z.number().int().min(1).max(4_194_303).optional(),
  })
  .refine(({ averageMbps, peakMbps }) => peakMbps === undefined || peakMbps >= averageMbps, {
    message: "the peak is not below the average",
    path: ["peakMbps"],
  });

/** Limits, as the guest sees it: `inbound` what it receives, `outbound` what it sends. */
export const bandwidthSchema = z
  .strictObject({ inbound: directionSchema.optional(), outbound: directionSchema.optional() })
  .refine(({ inbound, outbound }) => inbound !== undefined || outbound !== undefined, {
    message: "give inbound or outbound, or both: or leave bandwidth out",
  });
export type Bandwidth = z.output<typeof bandwidthSchema>;

const directionFacts = z.object({
  averageMbps: z.number(),
  peakMbps: z.number().optional(),
  burstKiB: z.number().optional(),
});

/** As an interface has it, whoever wrote that. */
export const bandwidthFactsSchema = z.object({
  inbound: directionFacts.optional(),
  outbound: directionFacts.optional(),
});
