import { isDeepStrictEqual } from "node:util";
import type { Teaming } from "../discovery/teaming.ts";
import type { Bandwidth } from "../schema/bandwidth.ts";
import type { DomainInterfaceFacts } from "../schema/facts.ts";
import { reservedTargetPrefixes } from "../schema/libvirt-features.ts";
import type { Vlan } from "../schema/vlan.ts";
import type { Vsi } from "../schema/vsi.ts";
import { defaultModel, type HostdevInterfaceSpec, type InterfaceSpec } from "./interface-xml.ts";
import type { InterfaceProperty } from "./update-interface.ts";

type Value = string | number | boolean | Vsi | Vlan | Bandwidth | Teaming | null;

export interface InterfaceDrift {
  readonly property: InterfaceProperty;
  /** Null: none is wanted. */
  readonly wanted: Value;
  /** Null: there is none. */
  readonly observed: Value;
}

/**
 * What differs from what is wanted, property by property. Left out of the comparison is what libvirt chooses where nothing is
 * wanted: name of the device, address, back end.
 */
export function interfaceDrift(spec: InterfaceSpec, observed: DomainInterfaceFacts): InterfaceDrift[] {
  const compared: Compared[] = [
    ["kind", spec.kind, observed.type],
    ...placeOf(spec, observed),
    ["mac", spec.mac.toLowerCase(), observed.mac],
    ...(spec.kind === "hostdev" ? [] : ofDevice(spec, observed)),
    ["bootOrder", spec.bootOrder ?? null, observed.bootOrder],
    ["vlan", spec.vlan ?? null, observed.vlan ?? null],
    ["teaming", spec.teaming ?? null, observed.teaming ?? null],
  ];
  if (spec.alias !== undefined) compared.push(["alias", spec.alias, observed.alias]);
  return compared
    .filter(([, wanted, found]) => !isDeepStrictEqual(wanted, found))
    .map(([property, wanted, found]) => ({ property, wanted, observed: found }));
}

type Compared = readonly [InterfaceProperty, Value, Value];

/** Of a NIC that QEMU gives the guest. */
function ofDevice(spec: Exclude<InterfaceSpec, HostdevInterfaceSpec>, observed: DomainInterfaceFacts): Compared[] {
  const { driver, target } = spec;
  return [
    ["model", spec.model ?? defaultModel, observed.model],
    ["queues", spec.queues ?? null, observed.queues],
    ["rxQueueSize", spec.rxQueueSize ?? null, observed.rxQueueSize],
    ["txQueueSize", spec.txQueueSize ?? null, observed.txQueueSize],
    ["mtu", spec.mtu ?? null, observed.mtu],
    ["linkState", spec.linkState ?? "up", observed.linkState],
    ["trustGuestRxFilters", spec.trustGuestRxFilters ?? false, observed.trustGuestRxFilters],
    ["filter", spec.filter ?? null, observed.filter],
    ["bandwidth", spec.bandwidth ?? null, observed.bandwidth ?? null],
    ...(driver === undefined ? [] : ([["driver", driver, observed.driver]] as const)),
    ...(target === undefined || isReserved(target) ? [] : ([["target", target, observed.target]] as const)),
  ];
}

/** What it stands on; of another kind it stands on something else anyway. */
function placeOf(spec: InterfaceSpec, observed: DomainInterfaceFacts): Compared[] {
  if (spec.kind !== observed.type) return [];
  switch (spec.kind) {
    case "bridge":
      return [
        ["bridge", spec.bridge, observed.source],
        ["isolated", spec.isolated ?? false, observed.isolated],
      ];
    case "direct":
      return [
        ["uplink", spec.uplink, observed.source],
        ["mode", spec.mode, observed.mode],
        ["vsi", spec.vsi ?? null, observed.vsi ?? null],
      ];
    case "hostdev":
      return [["pci", spec.pci, observed.source]];
    case "ethernet":
      // libvirt would remove a managed one with the domain.
      return observed.targetManaged ? [["target", spec.target, `${observed.target ?? "none"} (managed)`]] : [];
  }
}

/** libvirt gives the device another name than one of its own pattern (virNetDevReserveName and its callers). */
function isReserved(target: string): boolean {
  return reservedTargetPrefixes.some((prefix) => target.startsWith(prefix));
}
