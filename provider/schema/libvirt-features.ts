/**
 * What an `<interface>` can say, by kind, and since which libvirt: tried with libvirt 9.0 and QEMU 7.2 (test/libvirt), the
 * versions from https://libvirt.org/formatdomain.html#network-interfaces and https://libvirt.org/news.html.
 *
 * `never` says why: some of it libvirt refuses, and some it takes and then silently does without.
 */

/** libvirt's types in the form that we make them: an `ethernet` always has a target that is there already. */
export const interfaceKinds = ["bridge", "direct", "ethernet"] as const;
export type InterfaceKind = (typeof interfaceKinds)[number];

export type LibvirtSupport = { readonly since: string } | { readonly never: string };

const everywhere = (since: string): Record<InterfaceKind, LibvirtSupport> => ({
  bridge: { since },
  direct: { since },
  ethernet: { since },
});

export const interfaceFeatures = {
  /** An interface of that kind at all; `ethernet`: `managed='no'` on the target. */
  kind: { bridge: { since: "0.2.0" }, direct: { since: "0.7.7" }, ethernet: { since: "5.7.0" } },
  /** `direct` in mode passthrough; the other modes came with the kind. */
  passthrough: {
    bridge: { never: "a port of a Linux bridge has no macvtap mode" },
    direct: { since: "0.9.2" },
    ethernet: { never: "the mode is the endpoint's own" },
  },
  driver: everywhere("0.8.8"),
  queues: { bridge: { since: "1.0.6" }, direct: { since: "1.3.1" }, ethernet: { since: "5.7.0" } },
  rxQueueSize: everywhere("2.3.0"),
  txQueueSize: everywhere("3.7.0"),
  mtu: {
    bridge: { since: "3.1.0" },
    direct: { never: "libvirt refuses it: a macvtap has the MTU of its uplink" },
    ethernet: { since: "3.1.0" },
  },
  linkState: everywhere("0.9.5"),
  isolated: {
    bridge: { since: "6.1.0" },
    direct: { never: "libvirt refuses it: only a port of a Linux bridge can be isolated" },
    ethernet: { never: "libvirt refuses it: only a port of a Linux bridge can be isolated" },
  },
  trustGuestRxFilters: {
    bridge: { never: "libvirt takes it and does nothing: a bridge learns the guest's addresses by itself" },
    direct: { since: "1.2.10" },
    ethernet: { never: "libvirt takes it and does nothing: it only follows the guest on a macvtap that it made" },
  },
  filter: {
    bridge: { since: "0.8.0" },
    direct: {
      never: "libvirt drops the filterref without a word: frames of a macvtap do not pass netfilter's bridge hooks",
    },
    ethernet: { never: "libvirt takes it, but frames of a macvtap do not pass netfilter's bridge hooks" },
  },
  /** Refused in a domain whose `<os>` has a `<boot>`, which only the domain's XML tells. */
  bootOrder: everywhere("0.8.8"),
  /** Kept by libvirt only when it begins with `ua-`. */
  alias: everywhere("3.9.0"),
  /** A name for the device that libvirt makes. */
  target: { bridge: { since: "0.2.0" }, direct: { since: "0.7.7" }, ethernet: { since: "5.7.0" } },
} as const satisfies Record<string, Record<InterfaceKind, LibvirtSupport>>;

export type InterfaceFeature = keyof typeof interfaceFeatures;

/** Prefixes of libvirt's own device names: a target that begins with one and a digit is silently replaced. */
export const reservedTargetPrefixes = ["vnet", "vif", "macvtap", "macvlan"] as const;

/**
 * Why this libvirt cannot give an interface of this kind the feature, or null when it can. A version of null (unknown) is
 * held only against what no libvirt can do.
 */
export function interfaceFeatureProblem(
  feature: InterfaceFeature,
  kind: InterfaceKind,
  libvirt: string | null,
): string | null {
  const support: LibvirtSupport = interfaceFeatures[feature][kind];
  if ("never" in support) return support.never;
  if (libvirt === null || compareVersions(libvirt, support.since) >= 0) return null;
  return `it takes libvirt ${support.since}, the host has ${libvirt}`;
}

/** Negative, zero or positive, as `left` is older than, the same as or newer than `right`. Missing parts count as 0. */
export function compareVersions(left: string, right: string): number {
  const parts = (version: string) => version.split(".").map((part) => Number.parseInt(part, 10) || 0);
  const [a, b] = [parts(left), parts(right)];
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
