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
 * known (by its own group frames) before it is sent to, and is silent then.
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
  for (const station of stations) send(seats, station, broadcast);
  await ears.listen([]);
  for (const one of stations) {
    const others = stations.filter((each) => each !== one);
    const said = (["multicast", "broadcast"] as const).map(
      (kind) => [kind, send(seats, one, kind === "broadcast" ? broadcast : group)] as const,
    );
    await round(said.flatMap(([kind, numbers]) => others.map((to) => ({ from: one, to, kind, frames: numbers }))));
    const asked = others.map((from) => ({
      from,
      to: one,
      kind: "unicast" as const,
      frames: send(seats, from, one.mac),
    }));
    await round(asked);
  }
  return { frames, unknown, disagreements };
};
