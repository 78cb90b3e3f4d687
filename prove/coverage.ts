import { type FabricUplink, type Station, uplinkOf } from "../provider/planning/index.ts";
import type { Standing } from "./build.ts";
import type { Observed } from "./exchange.ts";
import { macvtapKinds } from "./topology.ts";

const realizationOf = ({ attachment }: Station, uplink: FabricUplink | undefined): string => {
  if (attachment.kind === "port") return "Linux bridge";
  if (attachment.kind === "host") return uplink?.bridge === undefined ? "host" : "host on its bridge";
  if (attachment.kind === "vf") return "VF";
  return attachment.filtered ? "pepa" : `macvtap ${attachment.mode}`;
};

/** Characters of the longest meeting. */
const widest = 52;

type Meeting = readonly [from: string, to: string, hosts: string];

const pairs = (names: readonly string[], hosts: string): Meeting[] =>
  names.flatMap((from) => names.map((to): Meeting => [from, to, hosts]));

/**
 * Every pair of realizations that can meet: a NIC carries a Linux bridge, or macvtaps, or one in passthrough, so on one host never
 * two of these. Of its own stack a host has one on a network.
 */
const everyMeeting = (): Meeting[] => {
  const macvtaps = macvtapKinds.map((kind) => (kind === "pepa" ? kind : `macvtap ${kind}`));
  const [onBridge, onNic] = [
    ["Linux bridge", "host on its bridge"],
    [...macvtaps, "host"],
  ];
  const near = [...pairs(onBridge, "one host"), ...pairs(onNic, "one host")];
  return [
    ...near.filter(([from, to]) => from !== to || !from.startsWith("host")),
    ...pairs([...onBridge, ...onNic, "macvtap passthrough"], "two hosts"),
  ];
};

const meetings = everyMeeting();

/** How often each kind of meeting was tried: pair of realizations, hosts, hairpin of the sender's port, kind of frame. */
export class Coverage {
  readonly #counts = new Map(
    meetings.flatMap(([from, to, hosts]) =>
      ["off", "on"].flatMap((hairpin) =>
        ["unicast", "broadcast", "multicast"].map((kind): [string, number] => [
          `${from} > ${to}, ${hosts}, hairpin ${hairpin}, ${kind}`,
          0,
        ]),
      ),
    ),
  );
  topologies = 0;
  /** Ordered pairs of stations. */
  pairs = 0;
  frames = 0;
  spoofed = 0;
  apart = 0;

  addTopology({ endpoints }: Standing): void {
    this.topologies += 1;
    this.pairs += endpoints.size * (endpoints.size - 1);
  }

  add({ fabric }: Standing, observed: readonly Observed[]): void {
    for (const { from, to, kind, source } of observed) {
      this.frames += 1;
      const [near, far] = [uplinkOf(fabric, from), uplinkOf(fabric, to)];
      if (near?.segment !== far?.segment) this.apart += 1;
      else if (source !== from.mac) this.spoofed += 1;
      else {
        const hosts = from.host === to.host ? "one host" : "two hosts";
        const cell = `${realizationOf(from, near)} > ${realizationOf(to, far)}, ${hosts}, hairpin ${near?.reflects ? "on" : "off"}, ${kind}`;
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
    const rows = meetings.map(([from, to, hosts]) => {
      const counts = ["off", "on"].map((hairpin) =>
        ["unicast", "broadcast", "multicast"]
          .map((kind) => this.#counts.get(`${from} > ${to}, ${hosts}, hairpin ${hairpin}, ${kind}`) ?? 0)
          .map((count) => String(count).padStart(5))
          .join(" "),
      );
      return `${`${from} > ${to}, ${hosts}`.padEnd(widest)} ${counts.join("  ")}`;
    });
    const heads = `${"".padEnd(widest)}  hairpin off        hairpin on\n${"".padEnd(widest)} ${["uni", "broad", "multi", "uni", "broad", "multi"].map((head) => head.padStart(5)).join(" ")}`;
    return [
      `${this.topologies} topologies, ${this.pairs} ordered pairs, ${this.frames} frames: ${this.spoofed} with another's address,`,
      `${this.apart} between networks, the others by realizations, hosts, hairpin of the sender's port and kind of frame:`,
      heads,
      ...rows,
    ].join("\n");
  }
}
