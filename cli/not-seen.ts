import type { HostFacts } from "../provider/schema/facts.ts";
import { isUplinkCandidate } from "./uplink-text.ts";

/** What an ordinary user could not see, and the facts therefore don't say: never to be read as "not there". */
export const notSeen = (facts: HostFacts, asRoot: boolean): string[] => {
  if (asRoot) return [];
  const unheard = facts.links.filter((link) => isUplinkCandidate(link) && facts.lldp[link.name] === undefined);
  const unseen: string[] = [];
  if (facts.libvirt?.running === false) unseen.push("domains and libvirt's version: libvirt did not answer this user");
  if (unheard.length > 0) {
    unseen.push(
      `LLDP neighbours of ${unheard.map(({ name }) => name).join(", ")}: an LLDP daemon, if one runs, answers root only`,
    );
  }
  if (facts.bridgeNetfilter.callIptables && facts.bridgeNetfilter.forwardDrop === null) {
    unseen.push("whether the host's firewall drops what bridges forward: its rules are shown to root only");
  }
  return unseen.map((text) => `${text} (--sudo)`);
};
