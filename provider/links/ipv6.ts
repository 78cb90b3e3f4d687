import type { Request } from "../host/host.ts";

/**
 * Takes the host's own IPv6 from a link. May fail: a kernel without IPv6 has no such file, nor has a link whose MTU is below
 * 1280 (IPV6_MIN_MTU, net/ipv6/addrconf.c). What is read back tells that from a host that refused.
 */
export function disableIpv6(name: string, disabled = true): Request["steps"][number] {
  const path = `/proc/sys/net/ipv6/conf/${name}/disable_ipv6`;
  return { verb: "set", path, value: disabled ? "1" : "0", mayFail: true };
}
