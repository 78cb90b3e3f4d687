import type { Endpoint } from "../lab/endpoint.ts";
import { type FrameKind, type Question, type Station, uplinkOf } from "../provider/planning/index.ts";
import type { Standing } from "./build.ts";
import { untilQuiet } from "./quiet.ts";
import type { Topology } from "./topology.ts";

/** What was sent, and how many copies of it came. */
export interface Observed extends Question {
  readonly source: string;
  readonly copies: number;
}

const broadcast = "ff:ff:ff:ff:ff:ff";
/** A group that no host joins. */
const group = "01:00:5e:7f:12:34";
/** Who made itself known is heard at once; nothing is concluded from silence here, so it need not be long. */
const heardMilliseconds = 50;
const stranger = "52:54:00:fe:ed:01";

/** With which source addresses each station sends: its own, and those it claims. */
const sourcesOf = ({ spoofs }: Topology, stations: readonly Station[]): Map<Station, string[]> => {
  const sources = new Map(stations.map((station) => [station, [station.mac]]));
  for (const { from, claims } of spoofs) {
    const [sender, claimed] = [stations[from % stations.length], stations[claims % stations.length]];
    if (sender !== undefined) sources.get(sender)?.push(claimed === sender ? stranger : (claimed?.mac ?? stranger));
  }
  return new Map([...sources].map(([station, macs]) => [station, [...new Set(macs)]]));
};

const tag = (kind: FrameKind, from: Station, source: string, to: string): string =>
  `${kind} ${from.name} as ${source} to ${to}`;

const countAt = (arrived: ReadonlyMap<Endpoint, readonly { payload: string }[]>, endpoint: Endpoint, payload: string) =>
  (arrived.get(endpoint) ?? []).filter((frame) => frame.payload === payload).length;

/** Every station's broadcast and multicast, and who heard them. */
const exchangeGroups = async (
  { endpoints }: Standing,
  sources: ReadonlyMap<Station, string[]>,
): Promise<Observed[]> => {
  const sent: { readonly from: Station; readonly source: string; readonly kind: FrameKind }[] = [];
  for (const [from, macs] of sources)
    for (const source of macs)
      for (const [kind, to] of [
        ["broadcast", broadcast],
        ["multicast", group],
      ] as const) {
        endpoints.get(from)?.send({ to, from: source, payload: tag(kind, from, source, "all") });
        sent.push({ from, source, kind });
      }
  const arrived = await untilQuiet([...endpoints.values()]);
  return sent.flatMap(({ from, source, kind }) =>
    [...endpoints]
      .filter(([to]) => to !== from)
      .map(([to, endpoint]) => ({
        from,
        to,
        kind,
        source,
        copies: countAt(arrived, endpoint, tag(kind, from, source, "all")),
      })),
  );
};

/**
 * Unicast from everybody to some, of whom no two share a network. They make themselves known first, and are silent then: else a
 * reflected frame of theirs would move them once more in what the bridges have learned.
 */
const exchangeUnicast = async (
  { endpoints }: Standing,
  sources: ReadonlyMap<Station, string[]>,
  receivers: readonly Station[],
): Promise<Observed[]> => {
  for (const to of receivers) endpoints.get(to)?.send({ to: broadcast, payload: "here I am" });
  await untilQuiet([...endpoints.values()], heardMilliseconds);
  const sent: Omit<Observed, "copies">[] = [];
  for (const to of receivers)
    for (const [from, macs] of sources)
      for (const source of macs) {
        // Receivers are silent, and nobody claims to be one: that would move it.
        if (receivers.includes(from) || receivers.some(({ mac }) => mac === source)) continue;
        endpoints.get(from)?.send({ to: to.mac, from: source, payload: tag("unicast", from, source, to.name) });
        sent.push({ from, to, kind: "unicast", source });
      }
  const arrived = await untilQuiet([...endpoints.values()]);
  return sent.map((each) => {
    const endpoint = endpoints.get(each.to);
    const payload = tag("unicast", each.from, each.source, each.to.name);
    return { ...each, copies: endpoint === undefined ? 0 : countAt(arrived, endpoint, payload) };
  });
};

/** Sends a frame of every kind for every ordered pair of stations, with each source address that the sender uses. */
export const exchange = async (standing: Standing, topology: Topology): Promise<Observed[]> => {
  const { fabric, endpoints } = standing;
  const stations = [...endpoints.keys()];
  const sources = sourcesOf(topology, stations);
  const segmentOf = (station: Station) => uplinkOf(fabric, station)?.segment;
  const segments = [...new Set(stations.map(segmentOf))];
  const bySegment = segments.map((segment) => stations.filter((station) => segmentOf(station) === segment));
  const rounds = Math.max(0, ...bySegment.map(({ length }) => length));
  // The filter of pepa goes by what was seen within seconds.
  for (const endpoint of endpoints.values()) endpoint.send({ to: broadcast, payload: "here I am" });
  await untilQuiet([...endpoints.values()]);
  const observed = await exchangeGroups(standing, sources);
  for (let round = 0; round < rounds; round += 1) {
    const receivers = bySegment.flatMap((segment) => segment[round] ?? []);
    observed.push(...(await exchangeUnicast(standing, sources, receivers)));
  }
  return observed.filter((each) => !isMuddled(standing, sources, each));
};

/**
 * A liar on a pepa VM's uplink makes it deaf for seconds to whoever has the address that was lied with: by then that depends on who
 * sent last, and is not foreseen.
 */
const isMuddled = (
  { fabric }: Standing,
  sources: ReadonlyMap<Station, string[]>,
  { to, source }: Observed,
): boolean => {
  const { attachment } = to;
  if (attachment.kind !== "macvtap" || attachment.filtered !== true) return false;
  const here = uplinkOf(fabric, to);
  return [...sources].some(
    ([liar, claims]) => liar.mac !== source && claims.includes(source) && uplinkOf(fabric, liar) === here,
  );
};
