import { z } from "zod";

/** Six octets, lower-cased; a station's address: no group bit, not zero. Source: IEEE 802-2014, clause 8. */
export const macAddressSchema = z
  .string()
  .regex(/^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$/, "a MAC address is six octets in hexadecimal: 52:54:00:12:34:56")
  .transform((mac) => mac.toLowerCase())
  .refine((mac) => (Number.parseInt(mac.slice(0, 2), 16) & 1) === 0, {
    message: "is a multicast address (the lowest bit of the first octet is set): a station needs a unicast one",
  })
  .refine((mac) => mac !== "00:00:00:00:00:00", { message: "is zero: no station has this address" });
