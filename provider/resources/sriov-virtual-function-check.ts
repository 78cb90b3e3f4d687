import {
  carriesSession,
  findLink,
  hasEmbeddedSwitch,
  noUplink,
  vfHolder,
  vfHolders,
  vfLink,
  vfLinkUse,
  withEmbeddedSwitch,
} from "../planning/index.ts";
import type { HostFacts, LinkFacts, VirtualFunctionFacts } from "../schema/facts.ts";
import type { SriovVirtualFunctionRef } from "../schema/ref.ts";
import type { SriovVirtualFunctionInputs } from "../schema/sriov-virtual-function.ts";
import { vlanProtocols } from "../schema/vlan.ts";
import { keptMac, macFor, markFor } from "./identity.ts";
import { claimMac, macTaken } from "./mac-registry.ts";
import type { Completion, Draft, Failure } from "./resource-kind.ts";
import { UNKNOWN } from "./unknown.ts";
import { claimVf, pickVf } from "./vf-registry.ts";

type Values = Partial<SriovVirtualFunctionInputs>;

type Told = Pick<SriovVirtualFunctionInputs, "host" | "uplink" | "mac"> &
  Pick<Values, "vlan" | "qos" | "vlanProtocol" | "trust">;

export const refOf = (told: Told, vfIndex: number): SriovVirtualFunctionRef => {
  const { host, uplink, mac, vlan, qos, vlanProtocol, trust } = told;
  return {
    kind: "SriovVirtualFunction",
    host,
    uplink,
    vfIndex,
    mac,
    ...(vlan === undefined ? {} : { vlan }),
    ...(qos === undefined ? {} : { qos }),
    ...(vlanProtocol === undefined ? {} : { vlanProtocol }),
    ...(trust === undefined ? {} : { trust }),
  };
};

export const functionsOf = ({ nic }: LinkFacts): readonly VirtualFunctionFacts[] => nic?.sriov?.functions ?? [];

export const noVfFree = (facts: HostFacts, pf: LinkFacts): string => {
  const held = vfHolders(facts, pf).join("; ");
  return `no VF of ${pf.name} of ${facts.hostname} is free${held === "" ? "" : ` (${held})`}: raise numVfs on its Uplink, or release one`;
};

/** What facts tell against having this VF, for who does not have it yet. */
const vfObjections = (
  facts: HostFacts,
  pf: LinkFacts,
  { index, mac, count }: { readonly index: number; readonly mac: string; readonly count: number },
): Failure[] => {
  const where = `${pf.name} of ${facts.hostname}`;
  const property = "index";
  if (index >= count) {
    const there = count === 0 ? "no VFs" : `VFs 0 to ${count - 1}`;
    return [{ property, reason: `${where} has ${there}, not VF ${index}: raise numVfs on its Uplink` }];
  }
  const vf = functionsOf(pf).find((each) => each.index === index);
  // Its address is told of nobody else: an update that was cut off has left it, or a state was lost.
  if (vf === undefined || vf.mac === mac) return [];
  const holder = vfHolder(facts, vf);
  const reason = `VF ${index} (${vf.pci}) of ${where} is held by ${holder}: give another index, or leave it out`;
  return holder === undefined ? [] : [{ property, reason }];
};

/** What facts tell against giving a VF to guests. */
export const guestObjections = (facts: HostFacts, pf: LinkFacts, vf: VirtualFunctionFacts): Failure[] => {
  const property = "driver";
  const where = `VF ${vf.index} (${vf.pci}) of ${pf.name} of ${facts.hostname}`;
  if (vf.driver === "vfio-pci") return [];
  if ((vf.iommuGroup ?? null) === null) {
    const remedy =
      "switch the IOMMU on: VT-d or AMD-Vi in the BIOS, intel_iommu=on on an Intel kernel's command line, or use a macvtap on the VF";
    return [{ property, reason: `${where} is in no IOMMU group, and vfio-pci takes a device by its group; ${remedy}` }];
  }
  const link = vfLink(facts, vf);
  const session = link && carriesSession(facts, link);
  if (session !== undefined) {
    const reason = `${where} carries the SSH session (${session}): given to a guest it cuts the host off`;
    return [{ property, reason }];
  }
  const use = vfLinkUse(facts, vf);
  return use === undefined
    ? []
    : [{ property, reason: `${where} is held by ${use}, and leaves the host with vfio-pci: release it first` }];
};

/** The NIC whose VFs there are, or what is wrong with it. */
export const pfIn = (facts: HostFacts, name: string): LinkFacts | Failure => {
  const property = "uplink";
  const pf = findLink(facts, name);
  if (pf === undefined) return { property, reason: noUplink(facts, name) };
  const reason = `${pf.name} of ${facts.hostname} has no SR-IOV, and so no VFs; ${withEmbeddedSwitch(facts.links)}`;
  return hasEmbeddedSwitch(pf) ? pf : { property, reason };
};

/** What facts tell against this VF; `isOurs`: it is this resource's already. */
export const objections = (
  facts: HostFacts,
  pf: LinkFacts,
  wanted: {
    readonly index: number;
    readonly mac: string;
    readonly count: number;
    readonly driver?: string | undefined;
  },
  isOurs: boolean,
): Failure[] => {
  const vf = functionsOf(pf).find((each) => each.index === wanted.index);
  const taken = isOurs && wanted.index < wanted.count ? [] : vfObjections(facts, pf, wanted);
  if (taken.length > 0 || vf === undefined || wanted.driver !== "vfio-pci") return taken;
  return guestObjections(facts, pf, vf);
};

/** The VF that this resource left on the host when its state was lost. */
export const leftVf = (pf: LinkFacts | undefined, mac: string): number | undefined =>
  pf && functionsOf(pf).find((vf) => vf.mac === mac)?.index;

const tagFailures = ({ vlan, qos, vlanProtocol }: Values): Failure[] => {
  if (vlan !== undefined) return [];
  const given = { qos, vlanProtocol };
  const reason = "is of a VLAN's tag, and there is none without vlan: give vlan as well, or leave it out";
  return Object.entries(given).flatMap(([property, value]) =>
    value === undefined ? [] : [{ property, reason: `${property} ${reason}` }],
  );
};

const rateFailures = ({ minTxRateMbps: min, maxTxRateMbps: max }: Values): Failure[] =>
  min !== undefined && max !== undefined && min > max
    ? [
        {
          property: "minTxRateMbps",
          reason: `it sends at least ${min} Mbit/s and at most ${max}: lower the one or raise the other`,
        },
      ]
    : [];

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

export const complete = ({ values, unknown, olds, seed, facts }: Draft<SriovVirtualFunctionInputs>): Completion => {
  const mark = text(olds.mark) ?? markFor(seed);
  // A refresh tells among the inputs what somebody made of the address; the ref has what it is to be.
  const mac = values.mac ?? keptMac(olds) ?? macFor(seed);
  const failures = [...(unknown.has("vlan") ? [] : tagFailures(values)), ...rateFailures(values)];
  const { host, uplink, vlan, driver } = values;
  const tag = vlan === undefined ? {} : { qos: values.qos ?? 0, vlanProtocol: values.vlanProtocol ?? vlanProtocols[0] };
  const before = number(olds.vfIndex);
  let index = unknown.has("index") ? undefined : (values.index ?? before);
  const known = {
    mark,
    ...tag,
    ...(unknown.has("mac") ? {} : { mac }),
    ...(index === undefined ? {} : { vfIndex: index }),
  };
  const decidesRef = ["mac", "index", "vlan", "qos", "vlanProtocol", "trust"].some((property) => unknown.has(property));
  if (host === undefined || uplink === undefined || decidesRef)
    return { derived: { ...known, ref: UNKNOWN }, failures };

  const found = facts && pfIn(facts, uplink.nic);
  if (found !== undefined && "reason" in found) return { derived: known, failures: [...failures, found] };
  const count = uplink.numVfs ?? found?.nic?.sriov?.vfs;
  const claim = { host, nic: uplink.nic, mark };
  const isNew = olds.mark === undefined;
  if (index === undefined && isNew && count !== undefined) {
    index = leftVf(found, mac) ?? pickVf(claim, count, facts);
    if (index === undefined) {
      const none = `${uplink.nic} of ${host} has ${count} VFs, and all of them are other resources' of this program: raise numVfs`;
      const reason = facts && found ? noVfFree(facts, found) : none;
      return { derived: known, failures: [...failures, { property: "uplink", reason }] };
    }
  }
  if (index === undefined) return { derived: known, failures };
  const other = claimVf(claim, index);
  if (other !== undefined) {
    const reason = `VF ${index} of ${uplink.nic} of ${host} is ${other}'s in this program already: give one of them another index`;
    failures.push({ property: "index", reason });
  }
  if (count !== undefined) {
    const wanted = { index, mac, count, driver };
    if (facts && found) failures.push(...objections(facts, found, wanted, before === index));
    else if (index >= count) {
      const reason = `${uplink.nic} of ${host} has numVfs ${count}, and VFs are numbered from 0: there is no VF ${index}`;
      failures.push({ property: "index", reason });
    }
  }
  const macClaim = { host, link: uplink.nic, mac, mark };
  const owner = claimMac(macClaim, facts);
  if (owner !== undefined) failures.push({ property: "mac", reason: macTaken(macClaim, owner) });
  const ref = refOf({ ...values, ...tag, host, uplink, mac }, index);
  return { derived: { ...known, vfIndex: index, ref }, failures };
};
