import { observe } from "../discovery/observe.ts";
import { CommandFailed } from "../host/command-failed.ts";
import type { Host } from "../host/host.ts";
import { domainRead, readDomain, type Scope, wholeScope } from "../libvirt/domain-steps.ts";
import { findInterface, presence } from "../libvirt/find-interface.ts";
import { interfaceDrift } from "../libvirt/interface-drift.ts";
import { buildInterfaceXml, type InterfaceSpec } from "../libvirt/interface-xml.ts";
import { changeableInPlace, isChangeableInPlace, updateInterface } from "../libvirt/update-interface.ts";
import type { DomainFacts, HostFacts } from "../schema/facts.ts";
import { type VmInterfaceInputs, vmInterfaceFields, vmInterfaceInputsSchema } from "../schema/vm-interface.ts";
import { changeHost } from "./change-host.ts";
import { userAlias } from "./identity.ts";
import type { Properties, ResourceKind } from "./resource-kind.ts";
import { attach, definition, detach, identityOf, isOurs } from "./vm-interface-attachment.ts";
import { complete, explanation } from "./vm-interface-check.ts";
import { hasLostItsLink, hostSideDrift, mendHostSide } from "./vm-interface-host-side.ts";
import { lastingVmInterface } from "./vm-interface-lasting.ts";
import { ensurePepa, isPepa, pepaDrift, pepaIsThere, releasePepa, wasPepa } from "./vm-interface-pepa.ts";
import { domainOf, mustBeFree, mustHaveLibvirt, mustStillServe } from "./vm-interface-preconditions.ts";
import { inputOf, specOf, withDrift } from "./vm-interface-spec.ts";
import { isOnVf, mustHaveVf, placeOf, type VfPlace, withKnownVf, withVf } from "./vm-interface-vf.ts";
import { ensureVlanLink, releaseVlanLink, vlanLinkState } from "./vm-interface-vlan.ts";

type VmInterfaceOutputs = {
  readonly interfaceXml: string;
  /** The domain's definition after the last change. */
  readonly domainXml?: string;
  readonly explanation: readonly string[];
  /** The link on the host while the domain runs. */
  readonly device?: string;
  /** The VF that it is made of; `device`: where a macvtap stands on it, its link on the host. */
  readonly virtualFunction?: VfPlace;
};

const kind = "VmInterface";

const scopeOf = (live: boolean, config: boolean): Scope | undefined => (live || config ? { live, config } : undefined);

const outputsWithout = (inputs: VmInterfaceInputs, vf?: VfPlace): VmInterfaceOutputs => ({
  interfaceXml: buildInterfaceXml(specOf(inputs, vf)),
  explanation: explanation(inputs),
  ...(vf === undefined ? {} : { virtualFunction: vf }),
});

/** Brings one that is there to what is asked: in place where libvirt can, else out and in again. */
const mend = async (
  inputs: VmInterfaceInputs,
  spec: InterfaceSpec,
  host: Host,
  facts: HostFacts,
  domain: DomainFacts,
): Promise<DomainFacts> => {
  const found = findInterface(domain, identityOf(inputs));
  const drift = [found.live, found.config].filter(isOurs).flatMap((each) => interfaceDrift(spec, each.interface));
  const lost = hasLostItsLink(inputs, facts, found.live);
  if (drift.length === 0 && !lost) return domain;
  const state = { running: domain.running, libvirt: facts.libvirt?.version ?? null };
  if (!lost && drift.every(({ property }) => isChangeableInPlace(property, state, spec.kind))) {
    const told = drift.map(
      ({ property, wanted }) => `${property} to ${typeof wanted === "object" ? JSON.stringify(wanted) : wanted}`,
    );
    const what = `set ${[...new Set(told)].join(", ")} of ${inputs.mac} in ${domain.name}`;
    const steps = updateInterface(domain.uuid, spec, found);
    const { results } = await changeHost(host, inputs, kind, what, steps);
    return domainRead(results);
  }
  await detach(inputs, host, domain);
  return { ...domain, live: withoutOurs(domain.live, inputs), config: withoutOurs(domain.config, inputs) };
};

const withoutOurs = (interfaces: DomainFacts["live"], inputs: VmInterfaceInputs) =>
  interfaces.filter(({ alias }) => alias !== userAlias(inputs.mark));

/** Whether something new was made for it. */
const ensureHostSide = async (
  inputs: VmInterfaceInputs,
  host: Host,
  facts: HostFacts,
  domain: DomainFacts,
): Promise<boolean> => {
  if (isPepa(inputs)) return await ensurePepa(inputs, host, facts);
  const steps = mendHostSide(inputs, facts, domain);
  if (steps.length > 0) await changeHost(host, inputs, kind, `set up the host's side of ${inputs.target}`, steps);
  return false;
};

const attachMissing = async (
  inputs: VmInterfaceInputs,
  spec: InterfaceSpec,
  host: Host,
  domain: DomainFacts,
): Promise<string> => {
  const { live, config } = findInterface(domain, identityOf(inputs));
  const whole = wholeScope(domain);
  const missing = scopeOf(whole.live && !isOurs(live), whole.config && !isOurs(config));
  return missing === undefined
    ? definition((await host.request({ steps: readDomain(domain.uuid) })).results)
    : await attach(inputs, spec, host, domain, missing);
};

/** Also without a domain there is something of it on the host. */
const isOnHostAlone = (inputs: VmInterfaceInputs): boolean =>
  isPepa(inputs) || isOnVf(inputs) || inputs.vlanLink !== undefined;

const ensureWithoutDomain = async (
  given: VmInterfaceInputs,
  host: Host,
  previous: Properties | undefined,
): Promise<VmInterfaceOutputs> => {
  if (!isOnHostAlone(given)) return outputsWithout(given);
  const before = await observe(host);
  const inputs = withVf(given, before, previous);
  mustStillServe(inputs, before);
  if (isOnVf(inputs)) return outputsWithout(inputs, mustHaveVf(inputs, before));
  const facts = await ensureVlanLink(inputs, host, before);
  if (!isPepa(inputs)) return outputsWithout(inputs);
  await ensurePepa(inputs, host, facts);
  return { ...outputsWithout(inputs), device: inputs.target };
};

/** The domain; where it is gone its address must not stay on the uplink: it may be somewhere else by now. */
const domainOrRelease = async (inputs: VmInterfaceInputs, host: Host, facts: HostFacts, name: string) => {
  try {
    return domainOf(facts, name);
  } catch (error) {
    if (facts.libvirt?.running && pepaIsThere(inputs, facts)) await releasePepa(inputs, host);
    throw error;
  }
};

const ensure = async (
  given: VmInterfaceInputs,
  host: Host,
  previous: Properties | undefined,
): Promise<VmInterfaceOutputs> => {
  if (given.domain === undefined) return await ensureWithoutDomain(given, host, previous);
  const seen = await observe(host);
  const inputs = withVf(given, seen, previous);
  mustHaveLibvirt(inputs, seen);
  mustStillServe(inputs, seen);
  const vf = mustHaveVf(inputs, seen);
  const spec = specOf(inputs, vf);
  const before = await domainOrRelease(inputs, host, seen, given.domain);
  mustBeFree(inputs, seen, before);
  const facts = await ensureVlanLink(inputs, host, seen);
  const domain = await mend(inputs, spec, host, facts, before);
  const made = await ensureHostSide(inputs, host, domain === before ? facts : await observe(host), domain);
  let domainXml: string;
  try {
    domainXml = await attachMissing(inputs, spec, host, domain);
  } catch (error) {
    // Not attached, and no state will tell of what was made for it.
    if (made && error instanceof CommandFailed) await releasePepa(inputs, host);
    if (error instanceof CommandFailed) await releaseVlanLink(inputs, host);
    throw error;
  }
  return {
    ...outputsWithout(inputs, vf),
    explanation: explanation(inputs, facts),
    domainXml,
    ...(domain.running && spec.kind !== "hostdev" ? { device: spec.target ?? inputs.target } : {}),
  };
};

const observeWithoutDomain = async (inputs: VmInterfaceInputs, host: Host, previous: Properties) => {
  const facts = await observe(host);
  if (isOnVf(inputs)) {
    const vf = placeOf(withKnownVf(inputs, facts, previous), facts);
    // Nothing is made for it, and its VF may come back.
    return { inputs, outputs: outputsWithout(inputs, vf) };
  }
  const vlanLink = vlanLinkState(inputs, facts);
  if (!isPepa(inputs)) {
    return { inputs: vmInterfaceInputsSchema.parse({ ...inputs, ...vlanLink }), outputs: outputsWithout(inputs) };
  }
  if (!pepaIsThere(inputs, facts)) return undefined;
  const observed = vmInterfaceInputsSchema.parse({ ...inputs, ...vlanLink, ...pepaDrift(inputs, facts) });
  return { inputs: observed, outputs: { ...outputsWithout(inputs), device: inputs.target } };
};

const observeInterface = async (inputs: VmInterfaceInputs, host: Host, previous: Properties) => {
  if (inputs.domain === undefined) {
    return isOnHostAlone(inputs)
      ? await observeWithoutDomain(inputs, host, previous)
      : { inputs, outputs: outputsWithout(inputs) };
  }
  const facts = await observe(host);
  const vf = placeOf(withKnownVf(inputs, facts, previous), facts);
  const kept = typeof previous.domainXml === "string" ? { domainXml: previous.domainXml } : {};
  const outputs = { ...outputsWithout(inputs, vf), ...kept };
  const domain = facts.domains.find(({ name }) => name === inputs.domain);
  // Down is not gone: forgetting every interface of a host because its daemon restarts would be the worst of answers.
  if (domain === undefined && facts.libvirt?.running !== true) domainOf(facts, inputs.domain);
  const found = domain && findInterface(domain, identityOf(inputs));
  const attachment = domain && presence(domain, identityOf(inputs));
  if (domain === undefined || found === undefined || attachment === undefined || attachment === "absent") {
    // Its macvtap outlives the domain: the state must keep what a delete is to remove.
    const left = wasPepa(inputs) && pepaIsThere(inputs, facts);
    return left ? { inputs: { ...inputs, attachment: "none" as const }, outputs } : undefined;
  }
  const spec = specOf(inputs, vf);
  const lost = hasLostItsLink(inputs, facts, found.live);
  let observed: Properties = {
    ...inputs,
    ...vlanLinkState(inputs, facts),
    attachment: lost ? "persistent-only" : attachment,
  };
  for (const each of [found.config, found.live].filter(isOurs)) {
    observed = withDrift(observed, each.interface, interfaceDrift(spec, each.interface));
  }
  if (isOurs(found.live)) observed = { ...observed, ...hostSideDrift(inputs, facts, domain) };
  if (wasPepa(inputs)) observed = { ...observed, ...pepaDrift(inputs, facts) };
  const device = found.live?.interface.target;
  return {
    inputs: vmInterfaceInputsSchema.parse(observed),
    outputs: { ...outputs, explanation: explanation(inputs, facts), ...(device ? { device } : {}) },
  };
};

/** The VLAN and the MAC of a VF may be those of the resource that manages it. */
const inputsOf = (property: string): string[] =>
  property === "vlan" || property === "mac" ? [property, "vf"] : [inputOf(property)];

const changedSpec = (olds: Properties, news: Properties): string[] | undefined => {
  const [before, after] = [olds, news].map((properties) => {
    const known = Object.entries(properties).filter(([name]) => name in vmInterfaceInputsSchema.shape);
    return vmInterfaceInputsSchema.safeParse(Object.fromEntries(known)).data;
  });
  if (before === undefined || after === undefined) return undefined;
  // Its XML names the macvtap or the VF alone, which can't move.
  const moved =
    (isPepa(after) || isOnVf(after)) && before.realization.source !== after.realization.source ? ["realization"] : [];
  const otherVf = before.vfIndex !== undefined && before.vfIndex !== after.vfIndex ? ["vfIndex"] : [];
  return [...moved, ...otherVf, ...changeableInPlace(specOf(before), specOf(after)).needsReattach.flatMap(inputsOf)];
};

const removeFrom = async (name: string, inputs: VmInterfaceInputs, host: Host): Promise<void> => {
  const facts = await observe(host);
  const domain = facts.domains.find((each) => each.name === name);
  if (domain === undefined && facts.libvirt?.running !== true) domainOf(facts, name);
  // Undefined or migrated away: what was attached went with it.
  if (domain !== undefined) await detach(inputs, host, domain);
};

/** A NIC of a libvirt domain. */
export const vmInterface: ResourceKind<VmInterfaceInputs, VmInterfaceOutputs> = {
  kind,
  fields: vmInterfaceFields,
  inputs: vmInterfaceInputsSchema,
  links: ["bridge", "endpoint", "vf"],
  complete,
  replacedBy: (olds, news, changed) => {
    const elsewhere = changed.filter((property) => ["host", "domain"].includes(property));
    // What libvirt can't change is taken out and put in again, and the preview says so.
    return [...elsewhere, ...(changedSpec(olds, news) ?? []).filter((property) => changed.includes(property))];
  },
  id: ({ host, domain, mac }) => `${host}/${domain ?? "no-domain"}/${mac}`,
  ensure,
  observe: observeInterface,
  lasting: lastingVmInterface,
  remove: async (inputs, host) => {
    if (inputs.domain !== undefined) await removeFrom(inputs.domain, inputs, host);
    if (wasPepa(inputs)) await releasePepa(inputs, host);
    await releaseVlanLink(inputs, host);
  },
};
