import type { Request } from "../host/host.ts";
import type { LinkFacts } from "../schema/facts.ts";
import { ipBatch } from "./batch.ts";

const setHairpin = (port: string, on: boolean): string[] => {
  return ["link", "set", "dev", port, "type", "bridge_slave", "hairpin", on ? "on" : "off"];
};

/** For a port that somebody else puts into the bridge when the host boots. */
export const hairpinAtBoot = (port: string): Request["steps"] => [ipBatch([setHairpin(port, true)])];

/** Brings hairpin of a bridge's ports to what is wanted; nothing to do: no steps. `released` are those that were wanted before. */
export function changeHairpin(
  ports: readonly LinkFacts[],
  wanted: readonly string[],
  released: readonly string[],
): Request["steps"] {
  const set = ports.flatMap(({ name, bridgePort }) => {
    const on = wanted.includes(name);
    const isOurs = on || released.includes(name);
    if (!isOurs || bridgePort === null || bridgePort.hairpin === on) return [];
    return [setHairpin(name, on)];
  });
  return set.length === 0 ? [] : [ipBatch(set)];
}
