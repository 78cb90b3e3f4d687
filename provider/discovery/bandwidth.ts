import type { z } from "zod";
import { type bandwidthFactsSchema, rateUnitsPerMbps } from "../schema/bandwidth.ts";
import { childNumber, childOf, type XmlElement } from "../xml/element.ts";

type BandwidthFacts = z.output<typeof bandwidthFactsSchema>;

/** The limits of an `<interface>` (https://libvirt.org/formatnetwork.html#quality-of-service); undefined where it has none. */
export function bandwidthFrom(element: XmlElement): BandwidthFacts | undefined {
  const bandwidth = childOf(element, "bandwidth");
  if (bandwidth === undefined) return undefined;
  const [inbound, outbound] = [limitFrom(bandwidth, "inbound"), limitFrom(bandwidth, "outbound")];
  if (inbound === undefined && outbound === undefined) return undefined;
  return { ...(inbound && { inbound }), ...(outbound && { outbound }) };
}

function limitFrom(bandwidth: XmlElement, direction: string): BandwidthFacts["inbound"] {
  const number = (attribute: string) => childNumber(bandwidth, direction, attribute);
  const average = number("average");
  if (average === undefined) return undefined;
  const [peak, burst] = [number("peak"), number("burst")];
  return {
    averageMbps: average / rateUnitsPerMbps,
    ...(peak === undefined ? {} : { peakMbps: peak / rateUnitsPerMbps }),
    ...(burst === undefined ? {} : { burstKiB: burst }),
  };
}
