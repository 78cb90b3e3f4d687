import { z } from "zod";

/** A VF as its PF tells of it (print_vfinfo). iproute2 before 5.1 says `mac`, and leaves out vlan_list where the kernel has none. */
const ipVf = z.object({
  vf: z.number().int(),
  address: z.string().optional(),
  mac: z.string().optional(),
  vlan_list: z
    .array(
      z.object({
        vlan: z.number().int().default(0),
        qos: z.number().int().default(0),
        protocol: z.string().optional(),
      }),
    )
    .optional(),
  rate: z.object({ max_tx: z.number().int(), min_tx: z.number().int() }).optional(),
  spoofchk: z.boolean().optional(),
  link_state: z.string().optional(),
  trust: z.boolean().optional(),
});
export type IpVf = z.output<typeof ipVf>;

/** What is used of `ip -d -j addr` (iproute2 ip/ipaddress.c). */
const ipLink = z.object({
  ifindex: z.number().int(),
  ifname: z.string(),
  flags: z.array(z.string()),
  mtu: z.number().int(),
  min_mtu: z.number().int().optional(),
  max_mtu: z.number().int().optional(),
  qdisc: z.string().optional(),
  master: z.string().optional(),
  link: z.string().optional(),
  link_type: z.string(),
  address: z.string().optional(),
  permaddr: z.string().optional(),
  ifalias: z.string().optional(),
  altnames: z.array(z.string()).default([]),
  vfinfo_list: z.array(ipVf).default([]),
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
