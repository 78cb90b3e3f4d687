import type { DomainFacts, DomainInterfaceFacts } from "../schema/facts.ts";

/** How an interface of ours is told: by the alias that we gave it, and the MAC that it has. */
export interface InterfaceIdentity {
  readonly alias: string;
  readonly mac: string;
}

export interface FoundInterface {
  /** `foreign`: another one with our MAC, which is never touched. */
  readonly whose: "ours" | "foreign";
  readonly interface: DomainInterfaceFacts;
}

/** The interface in the running machine, and in the persistent definition. */
export interface FoundInterfaces {
  readonly live: FoundInterface | null;
  readonly config: FoundInterface | null;
}

/** By our alias first: an interface whose MAC was changed by hand is still ours. One that only has our MAC is foreign. */
export function findInterface(
  domain: Pick<DomainFacts, "live" | "config">,
  identity: InterfaceIdentity,
): FoundInterfaces {
  return { live: findAmong(domain.live, identity), config: findAmong(domain.config, identity) };
}

function findAmong(interfaces: readonly DomainInterfaceFacts[], identity: InterfaceIdentity): FoundInterface | null {
  const ours = interfaces.find(({ alias }) => alias === identity.alias);
  if (ours) return { whose: "ours", interface: ours };
  const foreign = interfaces.find(({ mac }) => mac === identity.mac.toLowerCase());
  return foreign ? { whose: "foreign", interface: foreign } : null;
}

/** `complete`: everywhere that the domain's state asks for. */
export type Presence = "complete" | "live-only" | "persistent-only" | "absent";

/** Where the domain has our interface, measured by where it should: a domain that is shut off only has a definition. */
export function presence(domain: DomainFacts, identity: InterfaceIdentity): Presence {
  const { live, config } = findInterface(domain, identity);
  const inMachine = live?.whose === "ours";
  const inDefinition = config?.whose === "ours";
  if (!inMachine && !inDefinition) return "absent";
  if ((inMachine || !domain.running) && (inDefinition || !domain.persistent)) return "complete";
  return inMachine ? "live-only" : "persistent-only";
}
