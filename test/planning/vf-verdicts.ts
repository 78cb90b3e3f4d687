import { type PlanRequest, plan } from "../../provider/planning/index.ts";
import type { HostFacts, LinkFacts, VirtualFunctionFacts } from "../../provider/schema/facts.ts";
import type { HostBridgeRef, UplinkRef } from "../../provider/schema/ref.ts";
import { facts, link } from "./facts.ts";

export const uplink: UplinkRef = { kind: "Uplink", host: "hv1", nic: "eth1", reflectiveRelay: "unknown" };
export const embeddedOn = (stated: Partial<UplinkRef> = {}): HostBridgeRef => ({
  kind: "HostBridge",
  host: "hv1",
  type: "embedded",
  uplink: { ...uplink, ...stated },
  mode: "all",
});
export const embedded = embeddedOn();
export const ethernet: HostBridgeRef = { ...embedded, type: "ethernet" };

export interface Nic {
  readonly driver?: string;
  readonly vfs?: number;
  readonly iommuGroup?: number | null;
  readonly functions?: readonly VirtualFunctionFacts[];
}

/** A host whose eth1 has SR-IOV, two VFs made, in an IOMMU group, all as it should be unless told otherwise. */
export const host = (different: Nic = {}, others: readonly LinkFacts[] = []): HostFacts => {
  const { driver = "igb", vfs = 2, iommuGroup = 14, functions } = different;
  const sriov = { totalVfs: 7, vfs, ...(functions === undefined ? {} : { functions: [...functions] }) };
  return facts([link("eth1", { nic: { driver, pci: "0000:3b:00.0", speedMbps: 1000, sriov, iommuGroup } }), ...others]);
};

export const verdict = (kind: string, request: PlanRequest, known?: HostFacts) => {
  const found = plan(request, known).verdicts.find(({ candidate }) => candidate.kind === kind);
  if (found === undefined) throw new Error(`no candidate ${kind}`);
  return found.rejections;
};
export const rulesOf = (kind: string, request: PlanRequest, known?: HostFacts) =>
  verdict(kind, request, known).map(({ rule }) => rule);
export const told = (kind: string, request: PlanRequest, known?: HostFacts) =>
  verdict(kind, request, known)
    .map(({ reason, remedy }) => `${reason}; ${remedy ?? ""}`)
    .join("\n");

export const alias = "ua-web";
export const ofVf = (index: number, driver: string | null): VirtualFunctionFacts => ({
  index,
  pci: `0000:3b:10.${index}`,
  driver,
});
