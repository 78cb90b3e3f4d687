import { linkFilesStep, readLinks } from "../discovery/read-links.ts";
import type { Answer, Request, Step } from "../host/host.ts";
import type { LinkFacts, MacvtapMode } from "../schema/facts.ts";
import { ipBatch } from "./batch.ts";
import { disableIpv6 } from "./ipv6.ts";
import { removeOurs } from "./ours.ts";

/** A macvtap as it shall be. Its name, lower link and kind can't change while it exists. */
export interface MacvtapWanted {
  readonly name: string;
  /** The link it stands on. */
  readonly lower: string;
  /** Passthrough is set at creation only and takes over the lower link: not among these. */
  readonly mode: Exclude<MacvtapMode, "passthrough">;
  readonly mac: string;
  /** Default: the lower link's. Above it the kernel answers EINVAL. */
  readonly mtu?: number;
  /** Our mark. */
  readonly alias: string;
  readonly up: boolean;
  /** Guests hear multicast (so IPv6) only with it: the macvtap's own filter knows the host's groups, not the guest's. */
  readonly allMulticast: boolean;
}

/** include/uapi/linux/if.h: IFF_UP, IFF_BROADCAST | IFF_MULTICAST, IFF_ALLMULTI. */
const flags = { up: 0x1, ethernet: 0x1002, allMulticast: 0x200 } as const;

/**
 * Makes a macvtap that is not there yet, in one process. It is marked, and the host's IPv6 is taken from it, before it comes
 * up: else the host would send multicast listener reports, duplicate address detection and router solicitations with the
 * VM's address. The first step fails, and leaves nothing, when the name is taken (`File exists`), the lower link is a port of
 * a bridge or bond (`Device or resource busy`) or the MTU too large (`Invalid argument`). A MAC that another one on the lower
 * link has is refused only when it comes up: see {@link undoMacvtap}.
 */
export function createMacvtap(wanted: MacvtapWanted): Request["steps"] {
  const { name, mtu, allMulticast } = wanted;
  const link = ["link", "add", "link", wanted.lower, "name", name, "address", wanted.mac];
  if (mtu !== undefined) link.push("mtu", String(mtu));
  if (allMulticast) link.push("allmulticast", "on");
  link.push("type", "macvtap", "mode", wanted.mode);

  const value = flags.up | flags.ethernet | (allMulticast ? flags.allMulticast : 0);
  const up: Step = { verb: "set", path: `/sys/class/net/${name}/flags`, value: `0x${value.toString(16)}` };
  return [
    ipBatch([link, ["link", "set", "dev", name, "alias", wanted.alias], ["addr", "show", "dev", name]]),
    disableIpv6(name),
    ...(wanted.up ? [up] : []),
    linkFilesStep(name),
  ];
}

/** Brings one that is there to what is wanted, without taking it from its guest. Nothing to do: no steps. */
export function changeMacvtap(observed: LinkFacts, wanted: MacvtapWanted): Request["steps"] {
  const { name } = wanted;
  const set: string[][] = [];
  const change = (...words: string[]) => set.push(["link", "set", "dev", name, ...words]);

  if (observed.alias !== wanted.alias) change("alias", wanted.alias);
  if (observed.macvtapMode !== wanted.mode) change("type", "macvtap", "mode", wanted.mode);
  if (observed.mac !== wanted.mac) change("address", wanted.mac);
  if (wanted.mtu !== undefined && observed.mtu !== wanted.mtu) change("mtu", String(wanted.mtu));
  if (observed.allMulticast !== wanted.allMulticast) change("allmulticast", wanted.allMulticast ? "on" : "off");
  if (observed.up !== wanted.up) change(wanted.up ? "up" : "down");

  const ipv6 = observed.ipv6Disabled === false ? [disableIpv6(name)] : [];
  if (set.length === 0 && ipv6.length === 0) return [];
  return [...ipv6, ipBatch([...set, ["addr", "show", "dev", name]]), linkFilesStep(name)];
}

/**
 * What the host's side of a macvtap that libvirt made needs: the guest's groups let through, and nothing sent by the host with
 * the guest's address.
 */
export function guardMacvtap({ name, allMulticast }: Pick<MacvtapWanted, "name" | "allMulticast">): Request["steps"] {
  return [disableIpv6(name), ipBatch([["link", "set", "dev", name, "allmulticast", allMulticast ? "on" : "off"]])];
}

/** What {@link createMacvtap} or {@link changeMacvtap} left, from the answer to just their steps; `host` is its name. */
export function readMacvtap(answer: Answer, host: string): LinkFacts {
  return readLinks(answer, host)[0];
}

/**
 * After {@link createMacvtap} failed behind its first step: removes what it left. The first result is the reason in words
 * (`Address already in use`), which a write to the kernel's files does not give.
 */
export function undoMacvtap(macvtap: Pick<MacvtapWanted, "name" | "alias">): Request["steps"] {
  const again: Step = { verb: "run", argv: ["ip", "link", "set", "dev", macvtap.name, "up"] };
  return [{ ...again, mayFail: true }, ...removeOurs(macvtap)];
}

/** Removes it if it is still ours; the first step ends the request when it is gone or someone else's. */
export function removeMacvtap(macvtap: Pick<MacvtapWanted, "name" | "alias">): Request["steps"] {
  return removeOurs(macvtap);
}
