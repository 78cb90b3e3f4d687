import type { HostFacts } from "../schema/facts.ts";
import type { Section } from "./sections.ts";

type Neighbour = NonNullable<HostFacts["lldp"][string]>;

/** Columns as they stand below their headings: systemd 247 has spaces in the headings, later versions dashes. */
const headings = /^LINK +CHASSIS[ -]ID +SYSTEM[ -]NAME +CAPS +PORT[ -]ID +PORT[ -]DESCRIPTION/;
const columns = { link: /LINK/, chassis: /CHASSIS.ID/, systemName: /SYSTEM.NAME/, caps: /CAPS/, port: /PORT.ID/ };

const text = (value: string): string | null => (["", "-", "n/a"].includes(value.trim()) ? null : value.trim());

/**
 * What systemd-networkd heard, as the table of `networkctl --full lldp` (systemd src/network/networkctl.c; a machine can read it
 * as JSON only since version 256). It tells no EVB TLV, and nothing of NICs on which nobody was heard. Nothing is known of
 * a table of another form, or one that is cut off.
 */
export const parseNetworkd = (sections: readonly Section[]): Map<string, Neighbour> => {
  const neighbours = new Map<string, Neighbour>();
  const section = sections.find(({ name }) => name === "networkd");
  // Below the table are an empty line and more: without it the last row may be cut off.
  const [table, more] = section?.status === 0 ? section.text.split("\n\n", 2) : [];
  const [heading = "", ...rows] = table?.split("\n") ?? [];
  if (more === undefined || !headings.test(heading)) return neighbours;
  const starts = Object.values(columns).map((column) => heading.search(column));
  const end = heading.search(/PORT.DESCRIPTION/);
  for (const row of rows) {
    const [link, chassis, systemName, , port] = starts.map((start, index) =>
      text(row.slice(start, starts[index + 1] ?? end)),
    );
    if (!link || chassis === undefined || systemName === undefined || port === undefined) continue;
    if (!neighbours.has(link)) {
      neighbours.set(link, { chassis, port, systemName, reflectiveRelayAdvertised: null });
    }
  }
  return neighbours;
};
