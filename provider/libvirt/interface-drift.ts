import { isDeepStrictEqual } from "node:util";
import type { Bandwidth } from "../schema/bandwidth.ts";
import type { DomainInterfaceFacts } from "../schema/facts.ts";
import { reservedTargetPrefixes } from "../schema/libvirt-features.ts";
import type { Vlan } from "../schema/vlan.ts";
import type { Vsi } from "../schema/vsi.ts";
import { defaultModel, type InterfaceSpec } from "./interface-xml.ts";
import type { InterfaceProperty } from "./update-interface.ts";

type Value = string | number | boolean | Vsi | Vlan | Bandwidth | null;

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
  const compared: (readonly [InterfaceProperty, Value, Value])[] = [
    ["kind", spec.kind, observed.type],
    ...placeOf(spec, observed),
    ["mac", spec.mac.toLowerCase(), observed.mac],
    ["model", spec.model ?? defaultModel, observed.model],
    ["queues", spec.queues ?? null, observed.queues],
    ["rxQueueSize", spec.rxQueueSize ?? null, observed.rxQueueSize],
    ["txQueueSize", spec.txQueueSize ?? null, observed.txQueueSize],
    ["mtu", spec.mtu ?? null, observed.mtu],
    ["linkState", spec.linkState ?? "up", observed.linkState],
    ["trustGuestRxFilters", spec.trustGuestRxFilters ?? false, observed.trustGuestRxFilters],
    ["filter", spec.filter ?? null, observed.filter],
    ["bootOrder", spec.bootOrder ?? null, observed.bootOrder],
    ["vlan", spec.vlan ?? null, observed.vlan ?? null],
    ["bandwidth", spec.bandwidth ?? null, observed.bandwidth ?? null],
  ];
  if (spec.driver !== undefined) compared.push(["driver", spec.driver, observed.driver]);
  if (spec.alias !== undefined) compared.push(["alias", spec.alias, observed.alias]);
  if (spec.target !== undefined && !isReserved(spec.target)) compared.push(["target", spec.target, observed.target]);
  return compared
    .filter(([, wanted, found]) => !isDeepStrictEqual(wanted, found))
    .map(([property, wanted, found]) => ({ property, wanted, observed: found }));
}

/** What it stands on; of another kind it stands on something else anyway. */
function placeOf(spec: InterfaceSpec, observed: DomainInterfaceFacts): (readonly [InterfaceProperty, Value, Value])[] {
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
    case "ethernet":
      // libvirt would remove a managed one with the domain.
      return observed.targetManaged ? [["target", spec.target, `${observed.target ?? "none"} (managed)`]] : [];
  }
}

/** libvirt gives the device another name than one of its own pattern (virNetDevReserveName and its callers). */
function isReserved(target: string): boolean {
  return reservedTargetPrefixes.some((prefix) => target.startsWith(prefix));
}
