import { dirname, resolve } from "node:path/posix";
import { commandOptions, movingOptions, stayingOptions } from "../schema/interface-words.ts";
import { ourLogical } from "../schema/network-manager.ts";
import { type Stanza, type StanzaLine, stanzasIn } from "./interfaces-stanzas.ts";
import type { OwnersFile, OwnersWords } from "./owners-words.ts";

/* What the owner's stanzas say of a NIC to ifupdown, and what of it goes to the bridge: interfaces(5) of ifupdown 0.8. */

/** What ifupdown has of the NIC now. */
interface OwnersStanzas {
  readonly logical: string | undefined;
  readonly files: readonly OwnersFile[];
  readonly complaints: string;
  /** By which the routes of its lease go. */
  readonly metric?: number | undefined;
}

/** Where files of ours stand. */
const folder = "/etc/network/interfaces.d";

const methods: Readonly<Partial<Record<string, readonly string[]>>> = {
  inet: ["static", "dhcp", "manual"],
  inet6: ["auto", "static", "manual"],
};

const program = (names: string): string => `(?:/usr)?(?:/s?bin/)?(?:${names})`;
const end = String.raw`(?:\s*\|\|\s*true)?$`;
const words = String.raw`(?:\s+[\w./:-]+|\s+\$(?:IFACE\b|\{IFACE\}))*`;
/** Commands that mean the same where `$IFACE` is the bridge; no shell would make more of them. */
const ofBridge = [
  new RegExp(`^${program("ip")}(?:\\s+-[46])?\\s+(?:route|rule)${words}${end}`),
  new RegExp(String.raw`^${program("ip6?tables-restore")}\s*<?\s*[\w./-]+${end}`),
  new RegExp(String.raw`^${program("nft")}\s+-f\s+[\w./-]+${end}`),
];
/** And those that are about the hardware. */
const ofNic = new RegExp(`^${program("ethtool")}${words}${end}`);

const names = (value: string, nic: string): boolean => value.split(/[^A-Za-z0-9_.-]+/).includes(nic);

type Place = "bridge" | "nic" | "unknown";

const placeOf = (nic: string, { word, value, continued }: StanzaLine): Place => {
  if (continued) return "unknown";
  if (commandOptions.includes(word)) {
    if (ofNic.test(value)) return "nic";
    return ofBridge.some((each) => each.test(value)) && !names(value, nic) ? "bridge" : "unknown";
  }
  if (stayingOptions.includes(word)) return word === "hwaddress" && value.includes("random") ? "unknown" : "nic";
  return movingOptions.includes(word) && !names(value, nic) ? "bridge" : "unknown";
};

const isOurs = (path: string): boolean => path.includes("/interfaces.d/pulumi-kvm-network-");

const readsOurs = ({ path, head: [word = "", ...patterns] }: Stanza): boolean => {
  const places = word.startsWith("source-dir") ? [folder] : word === "source" ? [`${folder}/*`] : [];
  return patterns.some((each) => places.includes(resolve(dirname(path), each)));
};

/** When it is brought up, in words of its own. */
const classesOf = (nic: string, stanzas: readonly Stanza[]): string[] => {
  const found = stanzas.flatMap(({ head: [word = "", ...links] }) => (links.includes(nic) ? [word] : []));
  return [
    ...(found.some((each) => each === "auto" || each === "allow-auto") ? ["auto"] : []),
    ...(found.includes("allow-hotplug") ? ["allow-hotplug"] : []),
  ];
};

const unfit = (nic: string, { logical, complaints }: OwnersStanzas, stanzas: readonly Stanza[]): string | undefined => {
  const [complaint] = complaints.split("\n");
  if (complaint) return `ifupdown does not understand its files (${complaint}). Mend that`;
  if (logical !== nic) return `it is up as ${logical ?? "nothing"}. Have it brought up as ${nic}`;
  if (!stanzas.some(readsOurs))
    return `nothing there has ifupdown read ${folder}. Write \`source ${folder}/*\` in /etc/network/interfaces first`;
  if (classesOf(nic, stanzas).length === 0)
    return `ifupdown does not bring it up when the host boots. Write \`auto ${nic}\` there first`;
  const gives = stanzas.some(({ head }) => head[0] === "iface" && head[1] === nic && head[3] !== "manual");
  return gives
    ? undefined
    : 'ifupdown has it up, and gives it no address there. Say networkManager: "none" on the Uplink';
};

/** Lines that concern it beside its own stanzas. */
const mentions = (nic: string, { head: [word = "", ...rest] }: Stanza): boolean => {
  if (word === "mapping") return rest.some((each) => each === nic || /[*?[\]]/.test(each));
  return (word === "no-scripts" || word === "no-auto-down") && rest.includes(nic);
};

const refusalIn = (nic: string, stanza: Stanza): string | undefined => {
  const { head, lines, path } = stanza;
  const where = `of ${path}`;
  if (mentions(nic, stanza)) return `${head.join(" ")} ${where}`;
  const [word, name, family = "", method = "", ...more] = head;
  if (word !== "iface" || name !== nic) return undefined;
  if (more.length > 0 || !methods[family]?.includes(method)) return `${head.join(" ")} ${where}`;
  const refused = lines.find((each) => placeOf(nic, each) === "unknown");
  return refused && `${refused.continued ? "the continued line " : ""}${refused.line} in ${head.join(" ")} ${where}`;
};

const linesFor = (place: Place, nic: string, lines: readonly StanzaLine[]): string[] =>
  lines.filter((each) => placeOf(nic, each) === place).map(({ line }) => `    ${line}`);

/** A setting that is said twice is said once: ifupdown would take both for one value. */
const once = (lines: readonly StanzaLine[]) =>
  lines.filter(
    ({ word }, index) => commandOptions.includes(word) || lines.findIndex((each) => each.word === word) === index,
  );

/** dhcpcd numbers routes by the link's index, which would be the bridge's: the host's default route might be another's. */
const metricOf = ({ head, lines }: Stanza, metric: number | undefined): string[] =>
  head[3] === "dhcp" && metric !== undefined && !lines.some(({ word }) => word === "metric")
    ? [`    metric ${metric}`]
    : [];

/** Splits the owner's words about a NIC between the bridge and the NIC. */
export const interfacesWords = (nic: string, bridge: string, found: OwnersStanzas): OwnersWords => {
  const stanzas = found.files.filter(({ path }) => !isOurs(path)).flatMap(({ path, text }) => stanzasIn(path, text));
  const reason = unfit(nic, found, stanzas);
  if (reason !== undefined) return { bridge: [], nic: {}, unfit: reason };
  for (const stanza of stanzas) {
    const refused = refusalIn(nic, stanza);
    if (refused !== undefined) return { bridge: [], nic: {}, refused };
  }
  const own = stanzas.filter(({ head }) => head[0] === "iface" && head[1] === nic);
  return {
    bridge: [
      ...classesOf(nic, stanzas).map((each) => `${each} ${bridge}`),
      ...own
        .filter(({ head }) => head[3] !== "manual")
        .flatMap((stanza) => [
          `iface ${bridge} ${stanza.head[2]} ${stanza.head[3]}`,
          ...linesFor("bridge", nic, stanza.lines),
          ...metricOf(stanza, found.metric),
        ]),
    ],
    nic: { iface: linesFor("nic", nic, once(own.flatMap(({ lines }) => lines))) },
  };
};

/** The same, found again in the file that was made of them. */
export const interfacesWordsIn = (nic: string, bridge: string, text: string): Pick<OwnersWords, "bridge" | "nic"> => {
  const stanzas = stanzasIn("", text);
  const ofLink = (name: string) => stanzas.filter(({ head }) => head[1] === name);
  return {
    bridge: ofLink(bridge).flatMap(({ head, lines }) => [head.join(" "), ...linesFor("bridge", nic, lines)]),
    nic: { iface: ofLink(`${ourLogical}${nic}`).flatMap(({ lines }) => linesFor("nic", nic, lines)) },
  };
};
