/**
 * What an `<interface>` can say, by kind, and since which libvirt: tried with libvirt 9.0 and QEMU 7.2 (test/libvirt), the
 * versions from https://libvirt.org/formatdomain.html#network-interfaces and https://libvirt.org/news.html.
 *
 * `never` says why: some of it libvirt refuses, and some it takes and then silently does without.
 */

/**
 * libvirt's types in the form that we make them (an `ethernet` always has a target that is there already), and `hostdev`, which a
 * VF would be.
 */
export const interfaceKinds = ["bridge", "direct", "ethernet", "hostdev"] as const;
export type InterfaceKind = (typeof interfaceKinds)[number];

export type LibvirtSupport = { readonly since: string } | { readonly never: string };

const everywhere = (since: string, hostdev: LibvirtSupport): Record<InterfaceKind, LibvirtSupport> => ({
  bridge: { since },
  direct: { since },
  ethernet: { since },
  hostdev,
});

const ofTheGuest = "the guest drives the VF by itself";
const noPeak = "libvirt takes a peak there and does nothing: in that direction frames are policed, not queued";

export const interfaceFeatures = {
  /** An interface of that kind at all; `ethernet`: `managed='no'` on the target (NEWS of v5.8.0, 2019-10-05). */
  kind: {
    bridge: { since: "0.2.0" },
    direct: { since: "0.7.7" },
    ethernet: { since: "5.8.0" },
    hostdev: { since: "0.9.11" },
  },
  /** `direct` in mode passthrough; the other modes came with the kind. */
  passthrough: {
    bridge: { never: "a port of a Linux bridge has no macvtap mode" },
    direct: { since: "0.9.2" },
    ethernet: { never: "the mode is the endpoint's own" },
    hostdev: { never: "a VF in the guest has no macvtap mode" },
  },
  driver: everywhere("0.8.8", { never: `libvirt refuses it: ${ofTheGuest}` }),
  queues: {
    bridge: { since: "1.0.6" },
    direct: { since: "1.3.1" },
    ethernet: { since: "5.8.0" },
    hostdev: { never: `libvirt drops it without a word: ${ofTheGuest}` },
  },
  rxQueueSize: everywhere("2.3.0", { never: `libvirt drops it without a word: ${ofTheGuest}` }),
  txQueueSize: everywhere("3.7.0", { never: `libvirt drops it without a word: ${ofTheGuest}` }),
  mtu: {
    bridge: { since: "3.1.0" },
    direct: { never: "libvirt refuses it: a macvtap has the MTU of its uplink" },
    ethernet: { since: "3.1.0" },
    hostdev: { never: `libvirt refuses it: ${ofTheGuest}` },
  },
  linkState: everywhere("0.9.5", { never: "the link of a VF is the NIC's: ip link set … vf … state" }),
  isolated: {
    bridge: { since: "6.1.0" },
    direct: { never: "libvirt refuses it: only a port of a Linux bridge can be isolated" },
    ethernet: { never: "libvirt refuses it: only a port of a Linux bridge can be isolated" },
    hostdev: { never: "libvirt refuses it: only a port of a Linux bridge can be isolated" },
  },
  trustGuestRxFilters: {
    bridge: { never: "libvirt takes it and does nothing: a bridge learns the guest's addresses by itself" },
    direct: { since: "1.2.10" },
    ethernet: { never: "libvirt takes it and does nothing: it only follows the guest on a macvtap that it made" },
    hostdev: { never: "libvirt takes it and does nothing: whether a VF may change its address is the VF's trust" },
  },
  filter: {
    bridge: { since: "0.8.0" },
    direct: {
      never: "libvirt drops the filterref without a word: frames of a macvtap do not pass netfilter's bridge hooks",
    },
    ethernet: { never: "libvirt takes it, but frames of a macvtap do not pass netfilter's bridge hooks" },
    hostdev: { never: "libvirt drops the filterref without a word: frames of a VF do not pass the host" },
  },
  /** `<virtualport type='802.1Qbg'>`: libvirt tells lldpad of the port, and lldpad the switch. */
  vsi: {
    bridge: { never: "the switch is told of a macvtap's port only, and libvirt tells it nothing for a tap" },
    direct: { since: "0.8.2" },
    ethernet: { never: "libvirt refuses it: it tells the switch of a macvtap that it made itself" },
    hostdev: { never: "libvirt refuses 802.1Qbg there: of a VF in the guest it can tell a switch of 802.1Qbh only" },
  },
  /**
   * `<vlan>`. On a bridge since 11.0 (NEWS of v11.0.0: "Add support for VLAN tags on standard Linux bridges"); a `direct` has one
   * in passthrough on a VF alone. Elsewhere libvirt takes it into the definition, and refuses to start or to attach.
   */
  vlan: {
    bridge: { since: "11.0.0" },
    direct: { never: "libvirt refuses it: a macvtap is in the VLAN of the link that it stands on" },
    ethernet: { never: "libvirt refuses it: the endpoint is in the VLAN of the link that it stands on" },
    hostdev: { since: "0.10.0" },
  },
  /** `<bandwidth>`, by tc(8) on the host's device. */
  bandwidth: {
    bridge: { since: "0.9.4" },
    direct: { since: "0.9.4" },
    ethernet: { since: "5.8.0" },
    hostdev: { never: `libvirt takes it and does nothing: ${ofTheGuest}` },
  },
  /** `peak` of what the guest receives, and of what it sends: where frames are dropped and not queued, tc has none. */
  inboundPeak: {
    bridge: { since: "0.9.4" },
    direct: { never: noPeak },
    ethernet: { never: noPeak },
    hostdev: { never: `libvirt takes it and does nothing: ${ofTheGuest}` },
  },
  outboundPeak: {
    bridge: { never: noPeak },
    direct: { since: "0.9.4" },
    ethernet: { since: "5.8.0" },
    hostdev: { never: `libvirt takes it and does nothing: ${ofTheGuest}` },
  },
  /** Refused in a domain whose `<os>` has a `<boot>`, which only the domain's XML tells. */
  bootOrder: everywhere("0.8.8", { since: "0.9.11" }),
  /** Kept by libvirt only when it begins with `ua-`. */
  alias: everywhere("3.9.0", { since: "3.9.0" }),
  /** A name for the device that libvirt makes. */
  target: {
    bridge: { since: "0.2.0" },
    direct: { since: "0.7.7" },
    ethernet: { since: "5.8.0" },
    hostdev: { never: "libvirt takes it and does nothing: the host has no device for it" },
  },
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
