import {
  carriesSession,
  hostAddresses,
  type ModeEvidence,
  type UplinkFacts,
  uplinkEvidence,
  uplinkFacts,
} from "../provider/planning/index.ts";
import type { HostFacts, LinkFacts } from "../provider/schema/facts.ts";
import type { Paint, Palette } from "./paint.ts";
import { row } from "./row.ts";

const labelWidth = 18;

/** Hardware NICs and what stands for one (a veth whose peer is elsewhere), bonds, VLAN links. */
export const isUplinkCandidate = ({ nic }: LinkFacts): boolean => nic !== null;

const speedText = (mbps: number | null): string[] => {
  if (mbps === null) return [];
  return [mbps % 1000 === 0 ? `${mbps / 1000} Gbit/s` : `${mbps} Mbit/s`];
};

const driverText = (facts: UplinkFacts, { kind, lower }: LinkFacts): string => {
  const on = lower === null ? "" : ` on ${lower}`;
  const what = facts.driver ?? (kind === "veth" ? "veth, in place of a NIC" : `${kind ?? "NIC"}${on}`);
  return facts.pci === null ? what : `${what} at ${facts.pci}`;
};

const whatText = (facts: UplinkFacts, link: LinkFacts): string => {
  const bounds = facts.minMtu !== null && facts.maxMtu !== null ? ` (${facts.minMtu} to ${facts.maxMtu})` : "";
  const state = !link.up ? "down" : facts.carrier ? "up" : "up, but no carrier";
  return [driverText(facts, link), ...speedText(facts.speedMbps), `MTU ${facts.mtu}${bounds}`, state].join(", ");
};

const ownerText = (host: HostFacts, link: LinkFacts, facts: UplinkFacts): string => {
  const session = carriesSession(host, link);
  const addresses = hostAddresses(link);
  const uses = [
    ...(facts.owner === null ? [] : [facts.owner]),
    ...(facts.macvlans.length === 0 ? [] : [`carries ${facts.macvlans.join(", ")}`]),
    ...(addresses.length === 0 ? [] : [`the host's own: ${addresses.join(", ")}`]),
    ...(session === undefined ? [] : ["this very SSH session comes in here"]),
  ];
  return uses.join("; ") || "nobody: it is free";
};

const neighbourText = (host: HostFacts, { name }: LinkFacts): string => {
  const neighbour = host.lldp[name];
  if (neighbour === undefined) return "not looked at: no LLDP daemon answered for it";
  if (neighbour === null) return "nobody was heard";
  const { systemName, chassis, port } = neighbour;
  const who = systemName === null ? `chassis ${chassis ?? "unknown"}` : `${systemName} (${chassis ?? "no chassis"})`;
  return `${who}, port ${port ?? "unknown"}`;
};

const relayText: Record<UplinkFacts["reflectiveRelay"], string> = {
  unknown: "unknown: nothing heard says so; state what you know of the switch (assume)",
  advertised: "advertised: by LLDP (EVB) the switch says that it can; not that it does",
};

const sriovText = ({ sriov, iommuGroup }: UplinkFacts): string => {
  if (sriov === null) return "no";
  const group = iommuGroup === null ? "no IOMMU group" : `IOMMU group ${iommuGroup}`;
  return `${sriov.totalVfs} VFs possible, ${sriov.vfs} made; ${group}`;
};

const answers: Record<ModeEvidence["supported"], { readonly word: string; readonly colour: keyof Palette }> = {
  yes: { word: "yes", colour: "green" },
  "only-if": { word: "only if", colour: "yellow" },
  no: { word: "no", colour: "red" },
};

const evidenceRow = (each: ModeEvidence, first: boolean, palette: Palette, width: number): string => {
  const { word, colour } = answers[each.supported];
  const paint: Paint = palette[colour];
  const rules = each.supported === "yes" ? "" : ` [${each.rules.at(-1)}]`;
  const remedy = each.remedy === null ? "" : `; ${each.remedy}`;
  const columns = [
    { text: `  ${first ? each.type : ""}`, width: 14 },
    { text: each.mode, width: 6 },
    { text: word, width: 9, paint },
  ];
  return row(columns, `${each.reason}${rules}${remedy}`, width);
};

/** One uplink: what it is, who has it, who is on the other side, and which mode each type of bridge gives on it. */
export const uplinkText = (host: HostFacts, link: LinkFacts, palette: Palette, width: number): string => {
  const facts = uplinkFacts(host, link);
  const evidence = uplinkEvidence(host, link);
  const line = (label: string, text: string) =>
    row([{ text: `  ${label}`, width: labelWidth, paint: palette.dim }], text, width);
  return [
    row([{ text: link.name, width: labelWidth, paint: palette.bold }], whatText(facts, link), width),
    line("owner", ownerText(host, link, facts)),
    line("LLDP neighbour", neighbourText(host, link)),
    line("reflective relay", relayText[facts.reflectiveRelay]),
    line("SR-IOV", sriovText(facts)),
    ...evidence.map((each, index) => evidenceRow(each, evidence[index - 1]?.type !== each.type, palette, width)),
  ].join("\n");
};
