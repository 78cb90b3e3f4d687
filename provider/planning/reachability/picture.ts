import { type Fabric, type FabricUplink, type Station, uplinkOf } from "./fabric.ts";
import type { PairReach } from "./matrix.ts";
import type { Reach } from "./reach.ts";

/** A pair in one sign: what unicast does, and in brackets what broadcasts do where that differs. */
const signs: Readonly<Record<Reach["passes"], string>> = { yes: "yes", no: "no", unknown: "?" };

const sign = ({ reach: { unicast, broadcast } }: PairReach): string =>
  unicast.passes === broadcast.passes
    ? signs[unicast.passes]
    : `${signs[unicast.passes]} (broadcast ${signs[broadcast.passes]})`;

const namesOf = (pairs: readonly PairReach[]): string[] => [...new Set(pairs.map(({ from }) => from))];

const rowsOf = (pairs: readonly PairReach[]): string[][] => {
  const names = namesOf(pairs);
  const byPair = new Map(pairs.map((pair) => [`${pair.from} ${pair.to}`, pair]));
  return names.map((from) => [
    from,
    ...names.map((to) => {
      const pair = byPair.get(`${from} ${to}`);
      return pair === undefined ? "·" : sign(pair);
    }),
  ]);
};

/** Who reaches whom as text: a row for each sender, a column for each receiver. `?`: nobody knows. */
export const matrixText = (pairs: readonly PairReach[]): string => {
  const table = [["from \\ to", ...namesOf(pairs)], ...rowsOf(pairs)];
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
};

const quoted = (text: string): string => text.replaceAll('"', "'");

const how = ({ attachment }: Station): string => {
  if (attachment.kind === "macvtap") return attachment.filtered ? "pepa" : attachment.mode;
  if (attachment.kind === "vf") return attachment.macvtap ? "passthrough on a VF" : "VF";
  return attachment.kind === "port" && attachment.isolated ? "isolated port" : attachment.kind;
};

const vlanText = ({ attachment: { vlan } }: Station): string => {
  if (vlan === undefined) return "";
  if (typeof vlan === "number") return `, VLAN ${vlan}`;
  return `, VLANs ${[...(vlan.native === undefined ? [] : [`${vlan.native} untagged`]), ...vlan.tagged].join(" ")}`;
};

const carrierText = ({ nic, bridge, embedded }: FabricUplink): string =>
  `${bridge === undefined ? "" : `${bridge} on `}${nic}${embedded === undefined ? "" : ` with a ${embedded.toUpperCase()}`}`;

const relayOf = ({ reflects }: FabricUplink): string =>
  reflects === undefined ? "reflects?" : reflects ? "reflects" : "does not reflect";

/** The fleet as a Mermaid flowchart: hosts, what their VMs sit on, and the switch. */
export const mermaid = (fabric: Fabric): string => {
  const { stations, uplinks } = fabric;
  const id = (kind: string, index: number): string => `${kind}${index}`;
  const hosts = [...new Set(stations.map(({ host }) => host))];
  const lines = hosts.flatMap((host, index) => [
    `  subgraph ${id("host", index)}["${quoted(host)}"]`,
    ...stations.flatMap((station, number) =>
      station.host === host ? [`    ${id("vm", number)}["${quoted(station.name)}"]`] : [],
    ),
    ...uplinks.flatMap((uplink, number) =>
      uplink.host === host ? [`    ${id("nic", number)}(["${quoted(carrierText(uplink))}"])`] : [],
    ),
    "  end",
  ]);
  const attached = stations.flatMap((station, number) => {
    const carrier = uplinkOf(fabric, station);
    return carrier === undefined
      ? []
      : [`  ${id("vm", number)} -- ${how(station)}${vlanText(station)} --- ${id("nic", uplinks.indexOf(carrier))}`];
  });
  const segments = [...new Set(uplinks.map(({ segment }) => segment ?? "the adjacent switch"))];
  const cables = uplinks.map((uplink, number) => {
    const segment = segments.indexOf(uplink.segment ?? "the adjacent switch");
    return `  ${id("nic", number)} -- ${relayOf(uplink)} --- ${id("net", segment)}`;
  });
  const networks = segments.map((segment, number) => `  ${id("net", number)}{{"${quoted(segment)}"}}`);
  return ["flowchart TB", ...lines, ...networks, ...attached, ...cables, ""].join("\n");
};

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

const fills: Readonly<Record<string, string>> = { yes: "#cdeccd", no: "#f6cccc", "?": "#eeeeee", "·": "#ffffff" };

/** Who reaches whom as an SVG: green passes, red does not, grey is not known. */
export const matrixSvg = (pairs: readonly PairReach[]): string => {
  const rows = rowsOf(pairs);
  const names = rows.map(([name = ""]) => name);
  const longest = Math.max(0, ...names.map(({ length }) => 8 * length));
  const [cell, label] = [Math.max(72, longest + 8), longest + 20];
  const [width, height] = [label + cell * names.length + 10, 40 + 26 * (names.length + 1)];
  const words = (x: number, y: number, text: string, anchor: string): string =>
    `<text x="${x}" y="${y}" text-anchor="${anchor}" font-family="sans-serif" font-size="12">${escaped(text)}</text>`;
  const heads = names.map((name, column) => words(label + cell * (column + 0.5), 24, name, "middle"));
  const body = rows.flatMap(([name = "", ...cells], row) => {
    const y = 40 + 26 * row;
    return [
      words(label - 8, y + 17, name, "end"),
      ...cells.flatMap((text, column) => [
        `<rect x="${label + cell * column + 1}" y="${y + 1}" width="${cell - 2}" height="24" fill="${fills[text] ?? "#fbe6c2"}"><title>${escaped(`${name} > ${names[column] ?? ""}: ${text}`)}</title></rect>`,
        words(label + cell * (column + 0.5), y + 17, text.length > 8 ? "partly" : text, "middle"),
      ]),
    ];
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">\n<rect width="100%" height="100%" fill="#ffffff"/>\n${[...heads, ...body].join("\n")}\n</svg>\n`;
};
