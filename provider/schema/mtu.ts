import { z } from "zod";

/** Bytes of payload of a frame. 68 is IPv4's least (RFC 791), 65535 the most a link of the kernel takes. */
export const mtuSchema = z
  .number()
  .int()
  .min(68, "an MTU is at least 68 bytes")
  .max(65535, "an MTU is at most 65535 bytes");
