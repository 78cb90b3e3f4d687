import type { HostFacts } from "../schema/facts.ts";
import type { Section } from "./sections.ts";

type Neighbour = HostFacts["lldp"][string];

export function parseLldp(_sections: readonly Section[]): Record<string, Neighbour> {
  return {};
}
