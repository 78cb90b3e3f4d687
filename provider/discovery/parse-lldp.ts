import type { HostFacts } from "../schema/facts.ts";
import { mergeNeighbours, parseLldpd } from "./parse-lldpd.ts";
import { parseNetworkd } from "./parse-networkd.ts";
import type { Section } from "./sections.ts";

type Neighbours = HostFacts["lldp"];
type Neighbour = NonNullable<Neighbours[string]>;

/**
 * The neighbours that the host's LLDP daemons heard: lldpad, lldpd or systemd-networkd. A NIC that no daemon listens on was not looked at; one
 * where nobody was heard is null.
 */
export function parseLldp(sections: readonly Section[]): Neighbours {
  const neighbours = new Map<string, Neighbour | null>();
  for (const [nic, heard] of [...parseLldpad(sections), ...parseLldpd(sections), ...parseNetworkd(sections)]) {
    neighbours.set(nic, merge(neighbours.get(nic) ?? null, heard));
  }
  return Object.fromEntries(neighbours);
}

/**
 * What `lldptool -t -n` said of each NIC, of its two agents: the nearest customer bridge's (`ncb`), where a switch says that it
 * can reflect, and the nearest bridge's (`nb`), where most switches say who they are. A NIC that lldpad does not know was
 * not looked at; one that it knows and has heard nobody on is null.
 */
function parseLldpad(sections: readonly Section[]): (readonly [string, Neighbour | null])[] {
  const asked = sections.filter(({ name, subject }) => name === "lldp" && subject.length === 2);
  const nicOf = ({ subject }: Section): string => subject[1] ?? "";
  // Of a NIC with an agent that did not answer to the end it is not known that nobody was heard.
  const cutOff = new Set(asked.filter(isCutOff).map(nicOf));
  return asked.flatMap((section) => {
    if (section.status !== 0 || isCutOff(section)) return [];
    const heard = parseNeighbour(section.text);
    return heard === null && cutOff.has(nicOf(section)) ? [] : [[nicOf(section), heard] as const];
  });
}

/** `timeout` ends with 124, or 128 + 9 when it had to kill; and a neighbour's TLVs end with the one that says so. */
function isCutOff({ status, text }: Section): boolean {
  return status >= 124 || (status === 0 && text.trim() !== "" && !/^End of LLDPDU TLV$/m.test(text));
}

function parseNeighbour(text: string): Neighbour | null {
  const tlvs = new Map<string, string[]>();
  let values: string[] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("\t")) {
      values.push(line.slice(1));
    } else if (line.endsWith(" TLV")) {
      values = [];
      tlvs.set(line.slice(0, -" TLV".length), values);
    }
  }
  if (tlvs.size === 0) return null;
  const first = (tlv: string): string | null => tlvs.get(tlv)?.[0] ?? null;
  return {
    chassis: withoutLabel(first("Chassis ID")),
    port: withoutLabel(first("Port ID")),
    systemName: first("System Name"),
    reflectiveRelayAdvertised: canReflect([...tlvs].flatMap(([tlv, lines]) => (tlv.startsWith("EVB") ? lines : []))),
  };
}

/** `MAC: 52:54:…`, `Ifname: Ethernet1/1`: the kind of identifier, then the identifier. */
function withoutLabel(value: string | null): string | null {
  return value?.replace(/^[A-Z][A-Za-z0-9 ]*: /, "") ?? null;
}

/** IEEE 802.1Q-2014 D.2.12 as lldpad prints it (`bridge:rrcap(0x2)`), and the draft before it. */
function canReflect(values: readonly string[]): boolean {
  return values.some(
    (value) => /^bridge:.*\brrcap\b/.test(value) || /^supported forwarding mode:.*reflective relay/.test(value),
  );
}

function merge(known: Neighbour | null, more: Neighbour | null): Neighbour | null {
  return known === null || more === null ? (known ?? more) : mergeNeighbours(known, more);
}
