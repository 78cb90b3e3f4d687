import { z } from "zod";
import type { HostFacts } from "../schema/facts.ts";
import { parseJson } from "./parse-json.ts";

const hop = z.object({
  dev: z.string().optional(),
  gateway: z.string().optional(),
  /** An IPv4 route through an IPv6 neighbour (RFC 5549). */
  via: z.object({ host: z.string() }).optional(),
});
const ipRoutes = z.array(hop.extend({ dst: z.string(), nexthops: z.array(hop).optional() }));

/** `ip -j route show table all type unicast`; a route over several devices is one entry each. */
export function parseRoutes(host: string, json: string): HostFacts["routes"] {
  // Without any route iproute2 prints nothing at all.
  if (json.trim() === "") return [];
  return parseJson(host, "ip route show table all", ipRoutes, json).flatMap((route) =>
    (route.nexthops ?? [route]).flatMap(({ dev, gateway, via }) =>
      dev === undefined ? [] : [{ destination: route.dst, device: dev, gateway: gateway ?? via?.host ?? null }],
    ),
  );
}
