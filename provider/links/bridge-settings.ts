import type { LinkFacts } from "../schema/facts.ts";
import { type LinuxBridgeSettings, settledBridge } from "../schema/linux-bridge-settings.ts";

/** What a Linux bridge does by itself. Values left out are the defaults, not "whatever it is". */
export interface BridgeSettings extends Partial<LinuxBridgeSettings> {
  /** Default false. */
  readonly vlanFiltering?: boolean;
  /** VLAN of untagged frames, with `vlanFiltering`; 0: none. Default 1. */
  readonly defaultPvid?: number;
}

type Observed = NonNullable<LinkFacts["bridge"]>;

type Settled = Required<BridgeSettings>;

function settled(wanted: BridgeSettings): Settled {
  const { vlanFiltering = false, defaultPvid = 1 } = wanted;
  return { ...settledBridge(wanted), vlanFiltering, defaultPvid };
}

/** ip-link(8)'s words, in the order in which the kernel can take them; its times are in hundredths of a second. */
const words: readonly (readonly [string, (settings: Settled) => number])[] = [
  ["forward_delay", ({ forwardDelaySeconds }) => forwardDelaySeconds * 100],
  ["hello_time", ({ helloTimeSeconds }) => helloTimeSeconds * 100],
  ["max_age", ({ maxAgeSeconds }) => maxAgeSeconds * 100],
  ["ageing_time", ({ ageingSeconds }) => ageingSeconds * 100],
  ["stp_state", ({ stp }) => Number(stp)],
  ["priority", ({ priority }) => priority],
  ["mcast_snooping", ({ multicastSnooping }) => Number(multicastSnooping)],
];

/** Not even `vlan_filtering 0` passes a kernel without it (CONFIG_BRIDGE_VLAN_FILTERING). */
const vlanWords: typeof words = [
  ["vlan_default_pvid", ({ defaultPvid }) => defaultPvid],
  ["vlan_filtering", ({ vlanFiltering }) => Number(vlanFiltering)],
];

/** Arguments behind `ip link add … type bridge`. */
export function bridgeArguments(wanted: BridgeSettings): string[] {
  const settings = settled(wanted);
  const used = settings.vlanFiltering ? [...words, ...vlanWords] : words;
  return used.flatMap(([word, value]) => [word, String(value(settings))]);
}

/** Arguments behind `ip link set … type bridge`, of each command that is needed. */
export function bridgeChanges(observed: Observed | null, wanted: BridgeSettings): string[][] {
  if (observed === null) return [];
  const settings = settled(wanted);
  const used = settings.vlanFiltering ? [...words, ...vlanWords] : [...words, ...vlanWords.slice(1)];
  // What the kernel does not tell for the moment is set again.
  const { forwardDelaySeconds = NaN, helloTimeSeconds = NaN, maxAgeSeconds = NaN, ageingSeconds = NaN } = observed;
  const told = { ...observed, forwardDelaySeconds, helloTimeSeconds, maxAgeSeconds, ageingSeconds };
  const differing = used.filter(([, value]) => value(told) !== value(settings));
  const command = (of: typeof words) => of.flatMap(([word, value]) => [word, String(value(settings))]);
  // While STP runs the kernel takes no forward delay below two seconds: it ends first.
  const ending = settings.stp ? [] : differing.filter(([word]) => word === "stp_state");
  const rest = differing.filter((each) => !ending.includes(each));
  return [ending, rest].flatMap((of) => (of.length === 0 ? [] : [command(of)]));
}
