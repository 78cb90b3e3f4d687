import type { Station } from "../provider/planning/index.ts";
import { type Built, uplinkOf } from "./build.ts";
import type { Observed } from "./exchange.ts";
import type { MacvtapKind } from "./topology.ts";

const realizationOf = ({ attachment }: Station): string =>
  attachment.kind !== "macvtap" ? "Linux bridge" : attachment.filtered ? "pepa" : `macvtap ${attachment.mode}`;

type Meeting = readonly [from: string, to: string, hosts: string];

/** Every pair of realizations that can meet: a NIC carries a Linux bridge or macvtaps, so on one host never both. */
const meetingsOf = (kinds: readonly MacvtapKind[]): Meeting[] => {
  const macvtaps = kinds.map((kind) => (kind === "pepa" ? kind : `macvtap ${kind}`));
  const realizations = ["Linux bridge", ...macvtaps];
  return [
    ["Linux bridge", "Linux bridge", "one host"],
    ...macvtaps.flatMap((from) => macvtaps.map((to): Meeting => [from, to, "one host"])),
    ...realizations.flatMap((from) => realizations.map((to): Meeting => [from, to, "two hosts"])),
  ];
};

/** How often each kind of meeting was tried: pair of realizations, hosts, hairpin of the sender's port, kind of frame. */
export class Coverage {
  readonly #meetings: readonly Meeting[];
  readonly #counts: Map<string, number>;
  topologies = 0;
  /** Ordered pairs of stations. */
  pairs = 0;
  frames = 0;
  spoofed = 0;
  apart = 0;

  constructor(kinds: readonly MacvtapKind[]) {
    this.#meetings = meetingsOf(kinds);
    this.#counts = new Map(
      this.#meetings.flatMap(([from, to, hosts]) =>
        ["off", "on"].flatMap((hairpin) =>
          ["unicast", "broadcast", "multicast"].map((kind): [string, number] => [
            `${from} > ${to}, ${hosts}, hairpin ${hairpin}, ${kind}`,
            0,
          ]),
        ),
      ),
    );
  }

  add(built: Built, observed: readonly Observed[]): void {
    this.topologies += 1;
    this.pairs += built.endpoints.size * (built.endpoints.size - 1);
    for (const { from, to, kind, source } of observed) {
      this.frames += 1;
      const [near, far] = [uplinkOf(built.fabric, from), uplinkOf(built.fabric, to)];
      if (near?.segment !== far?.segment) this.apart += 1;
      else if (source !== from.mac) this.spoofed += 1;
      else {
        const hosts = from.host === to.host ? "one host" : "two hosts";
        const cell = `${realizationOf(from)} > ${realizationOf(to)}, ${hosts}, hairpin ${near?.reflects ? "on" : "off"}, ${kind}`;
        this.#counts.set(cell, (this.#counts.get(cell) ?? 0) + 1);
      }
    }
  }

  /** The meetings tried least often. */
  get least(): { readonly count: number; readonly cells: readonly string[] } {
    const count = Math.min(...this.#counts.values());
    return { count, cells: [...this.#counts].filter(([, each]) => each === count).map(([cell]) => cell) };
  }

  report(): string {
    const rows = this.#meetings.map(([from, to, hosts]) => {
      const counts = ["off", "on"].map((hairpin) =>
        ["unicast", "broadcast", "multicast"]
          .map((kind) => this.#counts.get(`${from} > ${to}, ${hosts}, hairpin ${hairpin}, ${kind}`) ?? 0)
          .map((count) => String(count).padStart(5))
          .join(" "),
      );
      return `${`${from} > ${to}, ${hosts}`.padEnd(46)} ${counts.join("  ")}`;
    });
    const heads = `${"".padEnd(46)}  hairpin off        hairpin on\n${"".padEnd(46)} ${["uni", "broad", "multi", "uni", "broad", "multi"].map((head) => head.padStart(5)).join(" ")}`;
    return [
      `${this.topologies} topologies, ${this.pairs} ordered pairs, ${this.frames} frames: ${this.spoofed} with another's address,`,
      `${this.apart} between networks, the others by realizations, hosts, hairpin of the sender's port and kind of frame:`,
      heads,
      ...rows,
    ].join("\n");
  }
}
