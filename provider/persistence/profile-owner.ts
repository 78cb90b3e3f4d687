import { movingWords, stayingWords } from "../schema/profile-words.ts";
import { type OwnersWords, splitWords, type Vocabulary, wordsIn } from "./owners-words.ts";

/* What a profile of NetworkManager's says of a NIC, and what of it goes to the bridge that takes the NIC's place. */

/** What is about the profile itself, or says which NIC it is for; and what decides when it is activated, as ours is in any case. */
const silent: Vocabulary["silent"] = {
  connection:
    `id uuid type interface-name timestamp stable-id read-only autoconnect autoconnect-priority autoconnect-retries multi-connect
    auth-retries wait-device-timeout wait-activation-delay`.split(/\s+/),
  match: undefined,
  user: undefined,
  proxy: [],
};

const methods: Readonly<Record<string, readonly string[]>> = {
  ipv4: ["auto", "manual", "link-local", "disabled"],
  ipv6: ["auto", "dhcp", "manual", "link-local", "disabled", "ignore"],
};

const isMac = (value: string): boolean => /^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$/.test(value);

const isOther = (section: string, key: string, value: string): boolean => {
  switch (key) {
    case "method":
      return methods[section]?.includes(value) === false;
    // The NIC would give its lease back on its way.
    case "dhcp-send-release":
      return value !== "false" && value !== "0" && value !== "-1";
    // One that is made up is another on each link, or each time.
    case "cloned-mac-address":
      return !isMac(value) && value !== "preserve" && value !== "permanent";
    default:
      return false;
  }
};

const wordOf = (section: string, key: string): string =>
  section === "ethtool" ? key.replace(/-.*/, "") : key.replace(/\d+(?=$|_options$)/, "");

const vocabulary: Vocabulary = {
  moving: movingWords,
  staying: stayingWords,
  silent,
  sections: { "802-3-ethernet": "ethernet" },
  wordOf,
  isOther,
};

/** What NetworkManager has of the NIC now. */
export interface OwnersProfile {
  readonly path: string;
  readonly text: string;
  readonly mac: string;
  /** IPv6 addresses of the NIC, with prefix length. */
  readonly addresses: readonly string[];
  /** By which servers know it, in hexadecimal. */
  readonly clientId: string | undefined;
  readonly duid: string | undefined;
  readonly iaid6: string | undefined;
  /** By which its routes go: by default those of a bridge go by another than a NIC's. */
  readonly metrics: { readonly inet: number | undefined; readonly inet6: number | undefined };
}

/** The eight words of an IPv6 address, in hexadecimal without zeros in front. */
const wordsOf = (address: string): string[] => {
  const [head = "", tail] = address.toLowerCase().split("::");
  const words = (text: string | undefined) => (text === undefined || text === "" ? [] : text.split(":"));
  const [first, last] = [words(head), words(tail)];
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length;
  const all = [...first, ...Array.from({ length: zeros }, () => "0"), ...last];
  return all.map((word) => word.replace(/^0+(?=.)/, ""));
};

/** The one that is made of a MAC (RFC 4291, appendix A). */
const identifierOf = (mac: string): string => {
  const [first = 0, ...rest] = mac.split(":").map((each) => Number.parseInt(each, 16));
  const all = [first ^ 2, ...rest.slice(0, 2), 0xff, 0xfe, ...rest.slice(2)];
  return [0, 2, 4, 6].map((at) => (((all[at] ?? 0) << 8) | (all[at + 1] ?? 0)).toString(16)).join(":");
};

const staticAddresses = (text: string): string[] =>
  [...text.matchAll(/^\s*address(?:es)?\d*\s*=\s*(.*)$/gm)]
    .flatMap(([, value = ""]) => value.split(/[,;]/))
    .filter((each) => each.includes(":"))
    .map((each) => wordsOf(each.replace(/\/\d+$/, "")).join(":"));

/** Identifiers of the addresses that were made of an advertised prefix, whose other half has as many bits. */
const identifiersOf = ({ text, addresses }: OwnersProfile): string[] => {
  const given = staticAddresses(text);
  const made = addresses
    .filter((each) => each.includes(":") && each.endsWith("/64"))
    .map((each) => wordsOf(each.replace("/64", "")))
    .filter((each) => !given.includes(each.join(":")));
  return [...new Set(made.map((each) => each.slice(4).join(":")))];
};

const set = (key: string, value: string | number | undefined): string[] =>
  value === undefined ? [] : [`${key}=${value}`];

/** To give up asking would take the bridge from under its VMs: NetworkManager removes one that it can't give an address. */
const forever = 2147483647;

/** By default NetworkManager makes addresses of a secret and the link's name (RFC 7217): the bridge is told which they are. */
const identity = (identifier: string | undefined, mac: string): string[] => {
  if (identifier === undefined) return [];
  return ["addr-gen-mode=eui64", ...(identifier === identifierOf(mac) ? [] : [`token=::${identifier}`])];
};

/** What comes last counts. A family that the profile says nothing of has no method, and takes no settings. */
const pinned = (found: OwnersProfile): string[] => {
  const { text, mac, clientId, duid, iaid6, metrics } = found;
  const [identifier] = identifiersOf(found);
  const section = (name: string, ...lines: readonly string[]) =>
    new RegExp(`^\\s*\\[${name}\\]`, "m").test(text) ? [`[${name}]`, ...lines] : [];
  return [
    ...section(
      "ipv4",
      ...set("route-metric", metrics.inet),
      `dhcp-timeout=${forever}`,
      ...set("dhcp-client-id", clientId),
    ),
    ...section(
      "ipv6",
      ...set("route-metric", metrics.inet6),
      ...[`dhcp-timeout=${forever}`, `ra-timeout=${forever}`],
      ...set("dhcp-duid", duid),
      ...set("dhcp-iaid", iaid6),
      ...identity(identifier, mac),
    ),
  ];
};

/** The highest there is, which ours has: of two profiles with it nobody says which counts. */
export const highestPriority = 999;

/** Why this profile gives none for a bridge, whatever it says of addresses; and what to do. */
const unfit = (found: OwnersProfile): string | undefined => {
  const { path, text } = found;
  const says = (key: string, value: number | boolean) =>
    new RegExp(`^\\s*${key}\\s*=\\s*${value}\\s*$`, "m").test(text);
  if (says("external", true))
    return 'it only follows there what somebody else has configured. Say networkManager: "none" on the Uplink';
  if (says("nm-generated", true))
    return "that is one which it makes up for a NIC without any. Have it keep that (nmcli connection modify UUID connection.autoconnect-priority 0)";
  if (/^\s*\[\.nmmeta\]/m.test(text))
    return "that was changed for the time being alone. Have it keep that, or load it anew";
  if (says("autoconnect-priority", highestPriority))
    return `${path} has autoconnect-priority=${highestPriority}, which leaves none above it. Lower it`;
  if (identifiersOf(found).length > 1)
    return "the addresses of several advertised prefixes are made of the NIC's name (RFC 7217). Set ipv6.addr-gen-mode to eui64 there first";
  return undefined;
};

/** Splits the owner's words about a NIC between the bridge and the NIC. */
export const profileWords = (nic: string, found: OwnersProfile): OwnersWords => {
  const reason = unfit(found);
  return reason === undefined
    ? splitWords(nic, [found], vocabulary, pinned(found))
    : { bridge: [], nic: {}, unfit: reason };
};

/** The same, found again in the profiles that were made of them. */
export const profileWordsIn = (bridge: string, nic: string): Pick<OwnersWords, "bridge" | "nic"> =>
  wordsIn(bridge, nic, vocabulary);
