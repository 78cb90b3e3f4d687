import { z } from "zod";
import type { HostFacts } from "../schema/facts.ts";
import type { Section } from "./sections.ts";

type Neighbour = NonNullable<HostFacts["lldp"][string]>;

const values = z.array(z.object({ value: z.string().optional() })).optional();

/** What is used of `lldpcli -f json0`, which gives every element as an array (lldpd src/client/json_writer.c). */
const json0 = z.object({
  lldp: z.array(
    z.object({
      interface: z
        .array(
          z.object({
            name: z.string(),
            status: values,
            chassis: z.array(z.object({ id: values, name: values })).optional(),
            port: z.array(z.object({ id: values })).optional(),
            "unknown-tlvs": z
              .array(
                z.object({
                  "unknown-tlv": z
                    .array(z.object({ oui: z.string(), subtype: z.string(), value: z.string().optional() }))
                    .optional(),
                }),
              )
              .optional(),
          }),
        )
        .optional(),
    }),
  ),
});
type Interface = NonNullable<z.output<typeof json0>["lldp"][number]["interface"]>[number];

const firstOf = (list: z.output<typeof values>): string | null => list?.[0]?.value ?? null;

/**
 * lldpd does not decode the EVB TLV (IEEE 802.1Q-2014 D.2.12: OUI 00-80-C2, subtype 13), but shows its octets. The first is
 * the bridge's status, of which 2 says that it can reflect. A lldpd that was built without custom TLVs shows none of them: a
 * TLV that is not shown was not necessarily not sent.
 */
const canReflect = (neighbour: Interface): boolean | null => {
  const tlvs = neighbour["unknown-tlvs"]?.flatMap((each) => each["unknown-tlv"] ?? []) ?? [];
  const evb = tlvs.find(({ oui, subtype }) => oui.toUpperCase() === "00,80,C2" && subtype === "13");
  const status = Number.parseInt(evb?.value?.split(",")[0] ?? "", 16);
  return Number.isNaN(status) ? null : (status & 2) !== 0;
};

const toNeighbour = (heard: Interface): Neighbour => ({
  chassis: firstOf(heard.chassis?.[0]?.id),
  port: firstOf(heard.port?.[0]?.id),
  systemName: firstOf(heard.chassis?.[0]?.name),
  reflectiveRelayAdvertised: canReflect(heard),
});

const interfacesIn = (section: Section | undefined): Interface[] | undefined => {
  if (section === undefined || section.status !== 0) return undefined;
  try {
    return json0.parse(JSON.parse(section.text)).lldp.flatMap((each) => each.interface ?? []);
  } catch {
    // Not what a known version prints: nothing is known then.
    return undefined;
  }
};

/** What lldpd heard: null for an interface that it listens on and heard nobody, nothing for one that it does not know. */
export const parseLldpd = (sections: readonly Section[]): Map<string, Neighbour | null> => {
  const about = (what: string) =>
    interfacesIn(sections.find(({ name, subject }) => name === "lldpd" && subject[0] === what));
  const neighbours = new Map<string, Neighbour | null>();
  const allHeard = about("neighbors");
  // Who was heard is not known: not that nobody was.
  if (allHeard === undefined) return neighbours;
  for (const { name, status } of about("interfaces") ?? []) {
    if (firstOf(status)?.includes("RX")) neighbours.set(name, null);
  }
  for (const heard of allHeard) {
    const known = neighbours.get(heard.name);
    // A switch that speaks to several of LLDP's group addresses is heard several times.
    neighbours.set(heard.name, known ? mergeNeighbours(known, toNeighbour(heard)) : toNeighbour(heard));
  }
  return neighbours;
};

/** Two neighbours of one NIC: what the first does not tell is taken from the second. */
export const mergeNeighbours = (first: Neighbour, second: Neighbour): Neighbour => ({
  chassis: first.chassis ?? second.chassis,
  port: first.port ?? second.port,
  systemName: first.systemName ?? second.systemName,
  reflectiveRelayAdvertised:
    first.reflectiveRelayAdvertised || second.reflectiveRelayAdvertised
      ? true
      : (first.reflectiveRelayAdvertised ?? second.reflectiveRelayAdvertised),
});
