import { setTimeout as delay } from "node:timers/promises";
import type { Endpoint } from "../../lab/endpoint.ts";
import type { Arrived } from "../../lab/frame.ts";
import { untilQuiet } from "../../prove/quiet.ts";
import type { FrameKind, PairReach, Station } from "../../provider/planning/index.ts";

/** What a station sends and hears by: behind a trunk several links. */
export interface Seat {
  readonly endpoint: Endpoint;
  /** It has every frame of a cable: those with this tag are the station's. Left out: it has what its stack gets. */
  readonly cable?: { readonly vlan: number | undefined };
}

export type Seats = ReadonlyMap<Station, readonly Seat[]>;

export const group = "01:00:5e:7f:12:34";
const broadcast = "ff:ff:ff:ff:ff:ff";

/** A busy machine with emulated processors is slow. */
const deadlineMilliseconds = 20_000;
const quietMilliseconds = 400;

let last = 0;

const isFor = ({ cable, endpoint }: Seat, frame: Arrived): boolean =>
  cable === undefined
    ? frame.vlan === undefined
    : frame.vlan === cable.vlan && (frame.to === endpoint.mac || (Number.parseInt(frame.to.slice(0, 2), 16) & 1) === 1);

/** Who hears what, by the numbers of frames. */
class Ears {
  readonly #seats: Seats;
  readonly #heard = new Set<string>();

  constructor(seats: Seats) {
    this.#seats = seats;
  }

  /** What is expected is waited for; then, what is not has a while to come all the same. */
  async listen(expected: readonly { readonly to: Station; readonly frames: readonly number[] }[]): Promise<void> {
    const deadline = performance.now() + deadlineMilliseconds;
    const isMissing = () => expected.some(({ to, frames }) => !this.hears(to, frames));
    for (this.#take(); isMissing() && performance.now() < deadline; this.#take()) await delay(10);
    const arrived = await untilQuiet(
      [...this.#seats.values()].flat().map(({ endpoint }) => endpoint),
      quietMilliseconds,
    );
    this.#take((endpoint) => arrived.get(endpoint) ?? []);
  }

  hears(to: Station, frames: readonly number[]): boolean {
    return frames.some((frame) => this.#heard.has(`${frame} ${to.name}`));
  }

  #take(framesOf: (endpoint: Endpoint) => readonly Arrived[] = (endpoint) => endpoint.take()): void {
    for (const [station, seats] of this.#seats)
      for (const seat of seats)
        for (const frame of framesOf(seat.endpoint))
          if (isFor(seat, frame)) this.#heard.add(`${frame.payload} ${station.name}`);
  }
}

const send = (seats: Seats, from: Station, to: string): number[] =>
  (seats.get(from) ?? []).map(({ endpoint, cable }) => {
    last += 1;
    endpoint.send({ to, payload: String(last), vlan: cable?.vlan });
    return last;
  });

export interface Disagreement {
  readonly pair: string;
  readonly kind: FrameKind;
  readonly foreseen: string;
  readonly heard: boolean;
}

export interface Compared {
  readonly frames: number;
  readonly unknown: number;
  readonly disagreements: readonly Disagreement[];
}

/**
 * Sends a frame of each kind for every ordered pair, and compares what comes with what was foreseen. Each receiver makes itself
 * known before it is sent to. A bridge's port is silent then: what comes back of its frames would move it in the bridge's table.
 */
export const compare = async (seats: Seats, foreseen: readonly PairReach[]): Promise<Compared> => {
  const stations = [...seats.keys()];
  const ears = new Ears(seats);
  const disagreements: Disagreement[] = [];
  let [frames, unknown] = [0, 0];
  const round = async (
    sent: readonly {
      readonly from: Station;
      readonly to: Station;
      readonly kind: FrameKind;
      readonly frames: number[];
    }[],
  ) => {
    const all = sent.map((each) => {
      const pair = foreseen.find(({ from, to }) => from === each.from.name && to === each.to.name);
      return { ...each, reach: pair?.reach[each.kind] };
    });
    await ears.listen(all.filter(({ reach }) => reach?.passes === "yes"));
    for (const { from, to, kind, reach, frames: numbers } of all) {
      const heard = ears.hears(to, numbers);
      frames += 1;
      if (reach?.passes === "unknown") unknown += 1;
      else if (heard !== (reach?.passes === "yes"))
        disagreements.push({
          pair: `${from.name} > ${to.name}`,
          kind,
          foreseen: `${reach?.passes} ${reach?.by.join(" ")} ${reach?.because}`,
          heard,
        });
    }
  };
  const othersOf = (one: Station) => stations.filter((each) => each !== one);
  for (const station of stations) send(seats, station, broadcast);
  await ears.listen([]);
  await round(
    stations.flatMap((from) =>
      (
        [
          ["multicast", group],
          ["broadcast", broadcast],
        ] as const
      ).flatMap(([kind, to]) => {
        const numbers = send(seats, from, to);
        return othersOf(from).map((to) => ({ from, to, kind, frames: numbers }));
      }),
    ),
  );
  const isPort = ({ attachment }: Station) => attachment.kind === "port";
  for (const receivers of [
    stations.filter((each) => !isPort(each)),
    ...stations.filter(isPort).map((each) => [each]),
  ]) {
    for (const to of receivers) send(seats, to, broadcast);
    await ears.listen([]);
    const kind = "unicast";
    await round(
      receivers.flatMap((to) =>
        othersOf(to).map((from) => ({ from, to, kind, frames: send(seats, from, to.mac) }) as const),
      ),
    );
  }
  return { frames, unknown, disagreements };
};
