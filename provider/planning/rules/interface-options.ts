import type { Rule } from "../rule.ts";

const isMacvtap = (kind: string) => kind.startsWith("macvtap-");

/** libvirt takes a filterref on bridges, never on macvtaps. */
export const filterOnBridgeRule: Rule = {
  id: "filter-on-bridge",
  source: "libvirt qemuDomainValidateActualNetDef: filterref is not supported on type direct",
  judge: (candidate, { filter }) =>
    filter !== undefined && isMacvtap(candidate.kind)
      ? {
          reason: "libvirt takes no filterref on a macvtap",
          remedy: "use a bridge of type hypervisor or existing",
          property: "filter",
        }
      : undefined,
};

/** Port isolation is an attribute of a bridge's port. */
export const isolatedOnBridgeRule: Rule = {
  id: "isolated-on-bridge",
  source: "libvirt formatdomain: <port isolated> on bridges only",
  judge: (candidate, { isolated }) =>
    isolated && isMacvtap(candidate.kind)
      ? {
          reason: "a macvtap is no port of a bridge: it cannot be isolated",
          remedy: "use a bridge of type hypervisor or existing",
          property: "isolated",
        }
      : undefined,
};

/** Only a macvtap's filters follow the guest's. */
export const trustOnMacvtapRule: Rule = {
  id: "trust-on-macvtap",
  source: "libvirt formatdomain: trustGuestRxFilters has an effect on type direct",
  judge: (candidate, { trustGuestRxFilters }) =>
    trustGuestRxFilters && !isMacvtap(candidate.kind)
      ? {
          reason: "trustGuestRxFilters concerns macvtaps: a bridge forwards to every address of the guest anyway",
          remedy: "leave it out",
          property: "trustGuestRxFilters",
        }
      : undefined,
};
