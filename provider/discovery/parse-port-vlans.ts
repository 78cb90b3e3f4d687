import { z } from "zod";
import type { LinkFacts } from "../schema/facts.ts";
import { vlanListOf } from "../schema/vlan.ts";
import { parseJson } from "./parse-json.ts";
import type { Section } from "./sections.ts";

const part = "bridge -compressvlans -j vlan show";

/** IEEE 802.1Q-2018, 9.6: twelve bits. */
const vlanNumber = z.number().int().min(0).max(4095);

/** What is used of `bridge -compressvlans -j vlan show` (iproute2 bridge/vlan.c): a range has an end. */
const portVlans = z.array(
  z.object({
    ifname: z.string(),
    vlans: z
      .array(
        z.object({
          vlan: vlanNumber,
          vlanEnd: vlanNumber.optional(),
          flags: z.array(z.string()).default([]),
        }),
      )
      .default([]),
  }),
);

type PortVlans = NonNullable<NonNullable<LinkFacts["bridgePort"]>["vlans"]>;
type Entry = z.output<typeof portVlans>[number]["vlans"][number];

const idsOf = ({ vlan, vlanEnd = vlan }: Entry): number[] =>
  Array.from({ length: vlanEnd - vlan + 1 }, (_, offset) => vlan + offset);

function ofPort(entries: readonly Entry[]): PortVlans {
  const has = (flag: string) => (entry: Entry) => entry.flags.includes(flag);
  const pvid = entries.find(has("PVID"))?.vlan ?? 0;
  const [untagged, tagged] = [has("Egress Untagged"), (entry: Entry) => !has("Egress Untagged")(entry)].map((is) =>
    entries.filter(is).flatMap(idsOf),
  );
  return {
    pvid,
    tagged: vlanListOf(tagged ?? []),
    // That of the PVID goes without saying.
    untagged: vlanListOf((untagged ?? []).filter((id) => id !== pvid)),
  };
}

/** The links, and the VLANs of those that are ports of a bridge that filters; untold where nobody looked. */
export function withPortVlans(
  host: string,
  links: readonly LinkFacts[],
  section: Pick<Section, "status" | "text"> | undefined,
): LinkFacts[] {
  if (section === undefined || section.status !== 0) return [...links];
  const entries = new Map(parseJson(host, part, portVlans, section.text).map(({ ifname, vlans }) => [ifname, vlans]));
  const filtering = new Set(links.filter(({ bridge }) => bridge?.vlanFiltering).map(({ name }) => name));
  return links.map((link) => {
    if (link.bridgePort === null || link.master === null || !filtering.has(link.master)) return link;
    // A port without any is not listed.
    return { ...link, bridgePort: { ...link.bridgePort, vlans: ofPort(entries.get(link.name) ?? []) } };
  });
}
