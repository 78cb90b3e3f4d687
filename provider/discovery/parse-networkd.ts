import type { HostFacts } from "../schema/facts.ts";
import type { Section } from "./sections.ts";

type Neighbours = HostFacts["lldp"];

/** Columns as they stand below their headings: systemd 247 has spaces in the headings, later versions dashes. */
const headings = /^LINK +CHASSIS[ -]ID +SYSTEM[ -]NAME +CAPS +PORT[ -]ID +PORT[ -]DESCRIPTION/;
const columns = { link: /LINK/, chassis: /CHASSIS.ID/, systemName: /SYSTEM.NAME/, caps: /CAPS/, port: /PORT.ID/ };

const text = (value: string): string | null => (["", "-", "n/a"].includes(value.trim()) ? null : value.trim());

/**
 * What systemd-networkd heard, as the table of `networkctl --full lldp` (systemd src/network/networkctl.c; a machine can read it
 * as JSON only since version 256). It tells no EVB TLV, and nothing of NICs on which nobody was heard. A table of another form
 * is not known.
 */
export const parseNetworkd = (sections: readonly Section[]): Neighbours => {
  const section = sections.find(({ name }) => name === "networkd");
  const [heading = "", ...rows] = section?.status === 0 ? section.text.split("\n") : [];
  if (!headings.test(heading)) return {};
  const starts = Object.values(columns).map((column) => heading.search(column));
  const end = heading.search(/PORT.DESCRIPTION/);
  const neighbours: Neighbours = {};
  for (const row of rows) {
    if (row === "") break;
    const [link, chassis, systemName, , port] = starts.map((start, index) =>
      text(row.slice(start, starts[index + 1] ?? end)),
    );
    if (!link || chassis === undefined || systemName === undefined || port === undefined) continue;
    neighbours[link] ??= { chassis, port, systemName, reflectiveRelayAdvertised: null };
  }
  return neighbours;
};
