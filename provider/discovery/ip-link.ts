import { z } from "zod";

/** What is used of `ip -d -j addr` (iproute2 ip/ipaddress.c). */
const ipLink = z.object({
  ifindex: z.number().int(),
  ifname: z.string(),
  flags: z.array(z.string()),
  mtu: z.number().int(),
  min_mtu: z.number().int().optional(),
  max_mtu: z.number().int().optional(),
  master: z.string().optional(),
  link: z.string().optional(),
  link_type: z.string(),
  address: z.string().optional(),
  permaddr: z.string().optional(),
  ifalias: z.string().optional(),
  altnames: z.array(z.string()).default([]),
  linkinfo: z
    .object({
      info_kind: z.string().optional(),
      info_data: z.record(z.string(), z.unknown()).default({}),
      info_slave_kind: z.string().optional(),
      info_slave_data: z.record(z.string(), z.unknown()).default({}),
    })
    .default({ info_data: {}, info_slave_data: {} }),
  addr_info: z.array(z.object({ local: z.string().optional(), prefixlen: z.number().int().optional() })).default([]),
});
export type IpLink = z.output<typeof ipLink>;

/** `show dev NAME` of some versions prints empty objects for the links that were not asked for. */
export const ipLinks = z.array(z.union([ipLink, z.strictObject({}).transform(() => null)]));
