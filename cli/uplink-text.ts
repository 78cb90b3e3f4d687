import {
  carriesSession,
  hostAddresses,
  type ModeEvidence,
  type UplinkFacts,
  uplinkEvidence,
  uplinkFacts,
} from "../provider/planning/index.ts";
import type { HostFacts, LinkFacts } from "../provider/schema/facts.ts";
import type { Notes } from "./notes.ts";
import type { Palette } from "./paint.ts";
import { type Column, row } from "./row.ts";

const labelWidth = 20;

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
  const state = !link.up ? "down" : facts.carrier ? "up" : "up, but no carrier";
  return [driverText(facts, link), ...speedText(facts.speedMbps), `MTU ${facts.mtu}`, state].join(", ");
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
  unknown: "unknown: nothing heard says so; let an Uplink probe it, or state it (assume)",
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

const cellWidth = 15;

const cellOf = ({ supported, reason, rules, remedy }: ModeEvidence, palette: Palette, notes: Notes): Column => {
  const { word, colour } = answers[supported];
  const number = supported === "yes" ? "" : ` (${notes.numberOf({ text: `${reason} [${rules.join(", ")}]`, remedy })})`;
  return { text: `${word}${number}`, width: cellWidth, paint: palette[colour] };
};

/** Types of bridge down, modes across. */
const matrix = (evidence: readonly ModeEvidence[], palette: Palette, notes: Notes, width: number): string[] => {
  const types = [...new Set(evidence.map(({ type }) => type))];
  const modes = [...new Set(evidence.map(({ mode }) => mode))];
  const heading = [
    { text: "", width: labelWidth },
    ...modes.map((text) => ({ text, width: cellWidth, paint: palette.dim })),
  ];
  return [
    row(heading, "", width),
    ...types.map((type) => {
      const cells = evidence.filter((each) => each.type === type).map((each) => cellOf(each, palette, notes));
      return row([{ text: `  ${type}`, width: labelWidth, paint: palette.dim }, ...cells], "", width);
    }),
  ];
};

/** One uplink: what it is, who has it, who is on the other side, and which mode each type of bridge gives on it. */
export const uplinkText = (host: HostFacts, link: LinkFacts, palette: Palette, notes: Notes, width: number): string => {
  const facts = uplinkFacts(host, link);
  const line = (label: string, text: string) =>
    row([{ text: `  ${label}`, width: labelWidth, paint: palette.dim }], text, width);
  return [
    row([{ text: link.name, width: labelWidth, paint: palette.bold }], whatText(facts, link), width),
    line("owner", ownerText(host, link, facts)),
    line("LLDP neighbour", neighbourText(host, link)),
    line("reflective relay", relayText[facts.reflectiveRelay]),
    line("SR-IOV", sriovText(facts)),
    ...matrix(uplinkEvidence(host, link), palette, notes, width),
  ].join("\n");
};
