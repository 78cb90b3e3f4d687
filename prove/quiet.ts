import { setTimeout as wait } from "node:timers/promises";
import type { Endpoint } from "../lab/endpoint.ts";
import type { Arrived } from "../lab/frame.ts";

/** Frames pass in microseconds here; a machine under load may hold the kernel's queue up for longer. */
const quietMilliseconds = 150;

/** Everything that arrived at each endpoint, once nothing has arrived anywhere for so long. */
export const untilQuiet = async (
  endpoints: readonly Endpoint[],
  milliseconds = quietMilliseconds,
): Promise<Map<Endpoint, Arrived[]>> => {
  const arrived = new Map(endpoints.map((endpoint) => [endpoint, endpoint.take()]));
  for (let last = performance.now(); performance.now() - last < milliseconds; ) {
    await wait(10);
    for (const [endpoint, frames] of arrived) {
      const more = endpoint.take();
      if (more.length === 0) continue;
      frames.push(...more);
      last = performance.now();
    }
  }
  return arrived;
};
