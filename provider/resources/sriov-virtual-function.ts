import { z } from "zod";
import { observe } from "../discovery/observe.ts";
import type { Host } from "../host/host.ts";
import { buildInterfaceXml } from "../libvirt/interface-xml.ts";
import { settingsOf, type VfSettings, vfSettings } from "../links/virtual-function.ts";
import { vfLink } from "../planning/index.ts";
import { KvmNetworkError } from "../schema/error.ts";
import type { HostFacts, LinkFacts, VirtualFunctionFacts } from "../schema/facts.ts";
import type { SriovVirtualFunctionRef } from "../schema/ref.ts";
import {
  type SriovVirtualFunctionInputs,
  sriovVirtualFunctionFields,
  sriovVirtualFunctionInputsSchema,
} from "../schema/sriov-virtual-function.ts";
import { nicOfRef } from "./nic-of-ref.ts";
import { noteOriginal } from "./original-note.ts";
import { keepingIfUnknown, PartlyMade } from "./partly-made.ts";
import type { Noted, Properties, ResourceKind } from "./resource-kind.ts";
import { complete, functionsOf, leftVf, noVfFree, objections, pfIn, refOf } from "./sriov-virtual-function-check.ts";
import {
  alignLink,
  driverOf,
  ensureDriver,
  lookAtVf,
  type OriginalDriver,
  runningHolder,
} from "./sriov-virtual-function-driver.ts";
import { lastingVf } from "./sriov-virtual-function-lasting.ts";
import { applySettings, kind, managedSettings, mustBeKept, only } from "./sriov-virtual-function-settings.ts";
import { claimVf, pickVf, releaseVf } from "./vf-registry.ts";

interface Original {
  readonly settings: VfSettings;
  readonly driver?: OriginalDriver;
}

type SriovVirtualFunctionOutputs = {
  readonly ref: SriovVirtualFunctionRef;
  readonly vfIndex: number;
  readonly pciAddress: string;
  /** Its link on the host; left out while no network driver has it. */
  readonly device?: string;
  readonly iommuGroup: number | null;
  readonly interfaceXml: string;
  /** What was there before, restored on delete. */
  readonly original: Original;
};

const originalSchema = z.object({
  settings: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  driver: z.object({ driver: z.string().nullable(), driverOverride: z.string().nullable() }).optional(),
});

const originalOf = (previous: Properties | undefined): Original => {
  const { settings, driver } = originalSchema.safeParse(previous?.original).data ?? { settings: {} };
  return { settings: managedSettings(settings), ...(driver === undefined ? {} : { driver }) };
};

/** A note without a state tells which VF it is of, and another one may be chosen by now. */
const isOfAnother = (previous: Properties | undefined, vf: VirtualFunctionFacts): boolean =>
  previous?.vfIndex === undefined && previous?.pciAddress !== vf.pci;

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** The NIC, whatever it is called by now, and its VF; undefined when one of them is gone. */
const find = (
  facts: HostFacts,
  inputs: SriovVirtualFunctionInputs,
  previous: Properties | undefined,
): { pf: LinkFacts; vf: VirtualFunctionFacts } | undefined => {
  const pci = text(previous?.pciAddress);
  const named = pfIn(facts, inputs.uplink.nic);
  const pf =
    facts.links.find((link) => functionsOf(link).some((vf) => vf.pci === pci)) ??
    ("reason" in named ? undefined : named);
  const vf = pf && functionsOf(pf).find(({ index }) => index === indexOf(inputs, previous));
  return pf && vf && { pf, vf };
};

const indexOf = ({ vfIndex }: SriovVirtualFunctionInputs, previous: Properties | undefined): number | undefined =>
  vfIndex ?? (typeof previous?.vfIndex === "number" ? previous.vfIndex : undefined);

const notedOf = ({ host, mark, uplink }: Properties): Noted => ({ kind, host, mark, nic: nicOfRef(uplink) });

const outputsOf = (
  inputs: SriovVirtualFunctionInputs,
  facts: HostFacts,
  vf: VirtualFunctionFacts,
  original: Original,
  ref = refOf(inputs, vf.index),
): SriovVirtualFunctionOutputs => {
  const device = vfLink(facts, vf)?.name;
  const { mac = inputs.mac, vlan } = ref;
  return {
    ref,
    vfIndex: vf.index,
    pciAddress: vf.pci,
    ...(device === undefined ? {} : { device }),
    iommuGroup: vf.iommuGroup ?? null,
    interfaceXml: buildInterfaceXml({ kind: "hostdev", pci: vf.pci, mac, ...(vlan === undefined ? {} : { vlan }) }),
    original,
  };
};

const refused = (reason: string): KvmNetworkError => new KvmNetworkError("vf-refused", reason);

/** The VF to have: as asked for, as it was, or the first that is free. */
const choose = (
  facts: HostFacts,
  inputs: SriovVirtualFunctionInputs,
  previous: Properties | undefined,
): { pf: LinkFacts; vf: VirtualFunctionFacts } => {
  const { host, mac, mark, driver, uplink } = inputs;
  const there = find(facts, inputs, previous);
  const pf = there?.pf ?? pfIn(facts, uplink.nic);
  if ("reason" in pf) throw refused(pf.reason);
  const claim = { host, nic: uplink.nic, mark };
  const index =
    indexOf(inputs, previous) ?? leftVf(pf, mac) ?? pickVf({ ...claim, nic: pf.name }, functionsOf(pf).length, facts);
  if (index === undefined) throw refused(noVfFree(facts, pf));
  const other = claimVf(claim, index);
  if (other !== undefined) throw refused(`VF ${index} of ${pf.name} is ${other}'s in this program already`);
  const wanted = { index, mac, count: functionsOf(pf).length, driver };
  const [objection] = objections(facts, pf, wanted, previous?.vfIndex === index);
  if (objection !== undefined) throw refused(`${objection.property}: ${objection.reason}`);
  if (!pf.up) {
    throw refused(
      `${pf.name} of ${facts.hostname} is down, and drivers drop what is set of its VFs then: let its Uplink bring it up`,
    );
  }
  const vf = functionsOf(pf).find((each) => each.index === index);
  if (vf === undefined) throw refused(`${pf.name} of ${facts.hostname} has no VF ${index}`);
  return { pf, vf };
};

const ensure = async (
  inputs: SriovVirtualFunctionInputs,
  host: Host,
  previous: Properties | undefined,
): Promise<SriovVirtualFunctionOutputs> => {
  const { pf, vf } = choose(await observe(host), inputs, previous);
  const managed = managedSettings(inputs);
  const before = originalOf(isOfAnother(previous, vf) ? undefined : previous);
  // What was managed until now, and no longer is, gets back what it was.
  const released = vfSettings.filter((name) => managed[name] === undefined && previous?.[name] !== undefined);
  const wanted = { ...only(before.settings, released), ...managed };
  const settings = { ...only(settingsOf(vf), Object.keys(managed)), ...before.settings };
  const driverBefore = before.driver ?? { driver: vf.driver, driverOverride: vf.driverOverride ?? null };
  const wasDriven = previous?.driver !== undefined && inputs.driver === undefined;
  const original: Original = {
    settings: only(settings, Object.keys(managed)),
    ...(inputs.driver === undefined ? {} : { driver: driverBefore }),
  };
  await noteOriginal(host, inputs, notedOf(inputs), { original, pciAddress: vf.pci }, previous);

  await applySettings(inputs, host, pf, vf, wanted).catch(
    keepingIfUnknown({ original, vfIndex: vf.index, pciAddress: vf.pci }),
  );
  try {
    const [, nic, set] = await lookAtVf(host, vf.pci);
    mustBeKept(host, nic, set, managed);
    if (inputs.driver !== "vfio-pci") await alignLink(inputs, host, vf.pci);
    if (wasDriven && before.driver !== undefined) await restoreDriver(inputs, host, vf.pci, before.driver);
    if (inputs.driver !== undefined) {
      await ensureDriver(inputs, host, vf.pci, inputs.driver, driverBefore.driverOverride);
    }
    const [facts, , after] = await lookAtVf(host, vf.pci);
    return outputsOf(inputs, facts, after, original);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw await undone(inputs, host, vf, wanted, original, error);
  }
};

/** Nothing half set remains; where even that fails, the state must know of it. */
const undone = async (
  inputs: SriovVirtualFunctionInputs,
  host: Host,
  before: VirtualFunctionFacts,
  wanted: VfSettings,
  original: Original,
  error: Error,
): Promise<Error> => {
  try {
    const [, pf, now] = await lookAtVf(host, before.pci);
    await applySettings(inputs, host, pf, now, only(settingsOf(before), Object.keys(wanted)));
    await alignLink(inputs, host, before.pci);
    return error;
  } catch {
    return new PartlyMade(outputsOf(inputs, await observe(host), before, original), error);
  }
};

const restoreDriver = (
  inputs: SriovVirtualFunctionInputs,
  host: Host,
  pci: string,
  { driver, driverOverride }: OriginalDriver,
): Promise<void> => ensureDriver(inputs, host, pci, driver === "vfio-pci" ? "vfio-pci" : "host", driverOverride);

/** A VF of a NIC, whose settings are the PF's to make. */
export const sriovVirtualFunction: ResourceKind<SriovVirtualFunctionInputs, SriovVirtualFunctionOutputs> = {
  kind,
  fields: sriovVirtualFunctionFields,
  inputs: sriovVirtualFunctionInputsSchema,
  links: ["uplink"],
  complete,
  replacedBy: (olds, news, changed) => [
    ...(changed.includes("host") ? ["host"] : []),
    ...(nicOfRef(olds.uplink) === nicOfRef(news.uplink) ? [] : ["uplink"]),
    ...(typeof news.vfIndex === "number" && olds.vfIndex !== news.vfIndex ? ["vfIndex"] : []),
  ],
  id: ({ host, uplink, mac }) => `${host}/${uplink.nic}/${mac}`,
  ensure,
  notedOf,
  observe: async (inputs, host, previous) => {
    const facts = await observe(host);
    const found = find(facts, inputs, previous);
    if (found === undefined) return undefined;
    const { vf } = found;
    const now = only(settingsOf(vf), Object.keys(managedSettings(inputs)));
    const { driver: asked, ...others } = inputs;
    const driver = asked === undefined || runningHolder(facts, vf) !== undefined ? asked : driverOf(vf);
    const observed = { ...others, ...now, ...(driver === undefined ? {} : { driver }) };
    // What it is to be (the ref) does not follow what somebody made of it.
    return { inputs: observed, outputs: outputsOf(inputs, facts, vf, originalOf(previous), inputs.ref) };
  },
  lasting: {
    applies: () => true,
    of: async (inputs, _host, outputs) => lastingVf(inputs, outputs),
  },
  remove: async (inputs, host, previous) => {
    const index = indexOf(inputs, previous);
    if (index !== undefined) releaseVf({ host: inputs.host, nic: inputs.uplink.nic, mark: inputs.mark }, index);
    const facts = await observe(host);
    const found = find(facts, inputs, previous);
    if (found === undefined) return;
    const { pf, vf } = found;
    const holder = runningHolder(facts, vf);
    if (holder !== undefined) {
      const reason = `VF ${vf.index} (${vf.pci}) of ${pf.name} of ${facts.hostname} is in the running domain ${holder}: detach it first`;
      throw new KvmNetworkError("vf-held", reason);
    }
    const { settings, driver } = originalOf(previous);
    // Somebody changed it since: then it is theirs.
    const now = new Map<string, unknown>(Object.entries(settingsOf(vf)));
    const managed = Object.entries(managedSettings(inputs));
    const ours = managed.filter(([name, value]) => now.get(name) === value).map(([name]) => name);
    await applySettings(inputs, host, pf, vf, only(settings, ours));
    if (driver !== undefined && driverOf(vf) === inputs.driver) await restoreDriver(inputs, host, vf.pci, driver);
    await alignLink(inputs, host, vf.pci);
  },
};
