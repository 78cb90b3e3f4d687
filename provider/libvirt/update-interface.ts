import { isDeepStrictEqual } from "node:util";
import { compareVersions } from "../schema/libvirt-features.ts";
import { domainOption, readDomain, type Steps } from "./domain-steps.ts";
import type { FoundInterfaces } from "./find-interface.ts";
import { buildInterfaceXml, defaultModel, type InterfaceSpec } from "./interface-xml.ts";
import { virshWithXml } from "./virsh.ts";

/** A property of an InterfaceSpec, of whatever kind. */
export type InterfaceProperty = InterfaceSpec extends infer Spec ? (Spec extends object ? keyof Spec : never) : never;

export interface InterfaceChange {
  /** What `updateInterface` can do. */
  readonly inPlace: InterfaceProperty[];
  /** What takes the interface out and puts another one in: the guest loses the link for a moment. */
  readonly needsReattach: InterfaceProperty[];
}

/**
 * What libvirt changes in a machine that runs: qemuDomainChangeNet (src/qemu/qemu_hotplug.c), tried with 9.0; the VLAN with 11.3,
 * before 11.0 a port of a Linux bridge has none.
 */
const changeableLive: ReadonlySet<InterfaceProperty> = new Set([
  "linkState",
  "filter",
  "isolated",
  "bridge",
  "vlan",
  "bandwidth",
]);

/** Before this version libvirt takes the change to the running machine and does not make it. */
const trustChangeableSince = "10.0.0";

/** What identifies the interface to libvirt, and so can't be changed even in a definition. */
const identifying: ReadonlySet<InterfaceProperty> = new Set(["mac", "alias"]);

/** Not ours to compare: libvirt chooses it. */
const chosen: ReadonlySet<InterfaceProperty> = new Set(["address"]);

/** What a property that is left out means. */
const defaults: { readonly [Property in InterfaceProperty]?: unknown } = {
  model: defaultModel,
  linkState: "up",
  isolated: false,
  trustGuestRxFilters: false,
};

export interface DomainState {
  readonly running: boolean;
  /** libvirt's version, null when it is not known. */
  readonly libvirt: string | null;
}

/**
 * Whether libvirt can change it where it is. While the domain is shut off only its definition changes: all but the identity. Of a
 * VF in the guest nothing changes while that runs.
 */
export function isChangeableInPlace(
  property: InterfaceProperty,
  { running, libvirt }: DomainState,
  kind: InterfaceSpec["kind"],
): boolean {
  if (identifying.has(property)) return false;
  if (!running) return true;
  if (kind === "hostdev" || (kind === "direct" && property === "vlan")) return false;
  if (property === "trustGuestRxFilters") {
    return libvirt !== null && compareVersions(libvirt, trustChangeableSince) >= 0;
  }
  return changeableLive.has(property);
}

/**
 * The properties that differ, by how libvirt can change them.
 */
export function changeableInPlace(
  before: InterfaceSpec,
  after: InterfaceSpec,
  domain: DomainState = { running: true, libvirt: null },
): InterfaceChange {
  const differing = differingProperties(before, after);
  const inPlace = (property: InterfaceProperty) => isChangeableInPlace(property, domain, after.kind);
  // Of another kind, everything is put in anew.
  const wholly = before.kind !== after.kind && domain.running;
  return {
    inPlace: wholly ? [] : differing.filter(inPlace),
    needsReattach: wholly ? differing : differing.filter((property) => !inPlace(property)),
  };
}

function differingProperties(before: InterfaceSpec, after: InterfaceSpec): InterfaceProperty[] {
  const [left, right] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  const properties = new Set([...propertiesOf(before), ...propertiesOf(after)]);
  return [...properties].filter((property) => {
    const [was, is] = [left.get(property) ?? defaults[property], right.get(property) ?? defaults[property]];
    return !isDeepStrictEqual(was, is) && !chosen.has(property);
  });
}

function propertiesOf(spec: InterfaceSpec): InterfaceProperty[] {
  // Object.keys can't know that a spec has no other properties.
  return Object.keys(spec) as InterfaceProperty[];
}

/**
 * Change the interface in place wherever the domain has it, and read the domain back. The running machine comes first: it is
 * what refuses. Machine and definition are told apart because each has its own address, and libvirt moves a NIC of the
 * definition to another slot (another name in the guest, from the next start) when the update does not repeat its address.
 *
 * @param found Where ours is now; foreign ones are left out.
 */
export function updateInterface(domain: string, spec: InterfaceSpec, found: FoundInterfaces): Steps {
  const option = domainOption(domain);
  const steps = (["live", "config"] as const).flatMap((scope) => {
    const there = found[scope];
    if (there?.whose !== "ours") return [];
    const { address } = there.interface;
    const xml = buildInterfaceXml(address ? { ...spec, address } : spec);
    return [virshWithXml(xml, "update-device", option, `--${scope}`)];
  });
  return [...steps, ...readDomain(domain)];
}
