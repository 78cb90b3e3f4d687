import type { HostFacts } from "../schema/facts.ts";
import { netdevTablePrefix } from "../schema/netdev-table.ts";
import type { Section } from "./sections.ts";

/**
 * Our tables in what `nft -t list ruleset netdev` printed: chains with their lines, the hook's first, comments left out.
 * Undefined when it was not asked (a host without macvtaps of ours), failed, or is not to be read to its end.
 */
export function parseNetdevTables(section: Section | undefined): HostFacts["netdevTables"] {
  if (section === undefined || section.status !== 0) return undefined;
  // What is hidden by a cut, or by a line of somebody else's, would pass for a filter that is not there.
  if (section.text !== "" && !section.text.endsWith("\n}\n")) return undefined;
  const tables: NonNullable<HostFacts["netdevTables"]> = {};
  let table: Record<string, string[]> | undefined;
  let chain: string[] | undefined;
  for (const line of section.text.split("\n")) {
    const [, indent = "", text = ""] = /^(\t*)(.*)$/.exec(line) ?? [];
    if (text === "") continue;
    if (indent.length === 0) {
      if (!/^(\}|#|table )/.test(text)) return undefined;
      const name = /^table netdev (\S+) \{/.exec(text)?.[1];
      table = name?.startsWith(netdevTablePrefix) ? {} : undefined;
      if (name !== undefined && table !== undefined) tables[name] = table;
    } else if (indent.length === 1) {
      const name = /^chain (\S+) \{/.exec(text)?.[1];
      chain = name === undefined ? undefined : [];
      if (name !== undefined && chain !== undefined && table !== undefined) table[name] = chain;
    } else if (!text.startsWith("comment ")) {
      chain?.push(text);
    }
  }
  return tables;
}
