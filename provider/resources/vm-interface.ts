import { observe } from "../discovery/observe.ts";
import { CommandFailed } from "../host/command-failed.ts";
import type { Host } from "../host/host.ts";
import { domainRead, readDomain, type Scope, wholeScope } from "../libvirt/domain-steps.ts";
import { findInterface, presence } from "../libvirt/find-interface.ts";
import { interfaceDrift } from "../libvirt/interface-drift.ts";
import { buildInterfaceXml } from "../libvirt/interface-xml.ts";
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
import { domainOf, mustBeFree, mustStillServe } from "./vm-interface-preconditions.ts";
import { inputOf, specOf, withDrift } from "./vm-interface-spec.ts";

type VmInterfaceOutputs = {
  readonly interfaceXml: string;
  /** The domain's definition after the last change. */
  readonly domainXml?: string;
  readonly explanation: readonly string[];
  /** The link on the host while the domain runs. */
  readonly device?: string;
};

const kind = "VmInterface";

const scopeOf = (live: boolean, config: boolean): Scope | undefined => (live || config ? { live, config } : undefined);

const outputsWithout = (inputs: VmInterfaceInputs): VmInterfaceOutputs => ({
  interfaceXml: buildInterfaceXml(specOf(inputs)),
  explanation: explanation(inputs),
});

/** Brings one that is there to what is asked: in place where libvirt can, else out and in again. */
const mend = async (
  inputs: VmInterfaceInputs,
  host: Host,
  facts: HostFacts,
  domain: DomainFacts,
): Promise<DomainFacts> => {
  const spec = specOf(inputs);
  const found = findInterface(domain, identityOf(inputs));
  const drift = [found.live, found.config].filter(isOurs).flatMap((each) => interfaceDrift(spec, each.interface));
  const lost = hasLostItsLink(inputs, facts, found.live);
  if (drift.length === 0 && !lost) return domain;
  const state = { running: domain.running, libvirt: facts.libvirt?.version ?? null };
  if (!lost && drift.every(({ property }) => isChangeableInPlace(property, state))) {
    const what = `set ${drift.map(({ property, wanted }) => `${property} to ${typeof wanted === "object" ? JSON.stringify(wanted) : wanted}`).join(", ")} of ${inputs.mac} in ${domain.name}`;
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

const attachMissing = async (inputs: VmInterfaceInputs, host: Host, domain: DomainFacts): Promise<string> => {
  const { live, config } = findInterface(domain, identityOf(inputs));
  const whole = wholeScope(domain);
  const missing = scopeOf(whole.live && !isOurs(live), whole.config && !isOurs(config));
  return missing === undefined
    ? definition((await host.request({ steps: readDomain(domain.uuid) })).results)
    : await attach(inputs, host, domain, missing);
};

const ensureWithoutDomain = async (inputs: VmInterfaceInputs, host: Host): Promise<VmInterfaceOutputs> => {
  if (!isPepa(inputs)) return outputsWithout(inputs);
  const facts = await observe(host);
  mustStillServe(inputs, facts);
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

const ensure = async (inputs: VmInterfaceInputs, host: Host): Promise<VmInterfaceOutputs> => {
  if (inputs.domain === undefined) return await ensureWithoutDomain(inputs, host);
  const facts = await observe(host);
  mustStillServe(inputs, facts);
  const before = await domainOrRelease(inputs, host, facts, inputs.domain);
  mustBeFree(inputs, facts, before);
  const domain = await mend(inputs, host, facts, before);
  const made = await ensureHostSide(inputs, host, domain === before ? facts : await observe(host), domain);
  let domainXml: string;
  try {
    domainXml = await attachMissing(inputs, host, domain);
  } catch (error) {
    // Not attached, and no state will tell of what was made for it.
    if (made && error instanceof CommandFailed) await releasePepa(inputs, host);
    throw error;
  }
  return {
    ...outputsWithout(inputs),
    explanation: explanation(inputs, facts),
    domainXml,
    ...(domain.running ? { device: specOf(inputs).target ?? inputs.target } : {}),
  };
};

const observeWithoutDomain = async (inputs: VmInterfaceInputs, host: Host) => {
  const facts = await observe(host);
  if (!pepaIsThere(inputs, facts)) return undefined;
  const observed = vmInterfaceInputsSchema.parse({ ...inputs, ...pepaDrift(inputs, facts) });
  return { inputs: observed, outputs: { ...outputsWithout(inputs), device: inputs.target } };
};

const observeInterface = async (inputs: VmInterfaceInputs, host: Host, previous: Properties) => {
  const kept = typeof previous.domainXml === "string" ? { domainXml: previous.domainXml } : {};
  const outputs = { ...outputsWithout(inputs), ...kept };
  if (inputs.domain === undefined)
    return isPepa(inputs) ? await observeWithoutDomain(inputs, host) : { inputs, outputs };
  const facts = await observe(host);
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
  const spec = specOf(inputs);
  const lost = hasLostItsLink(inputs, facts, found.live);
  let observed: Properties = { ...inputs, attachment: lost ? "persistent-only" : attachment };
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

const changedSpec = (olds: Properties, news: Properties): string[] | undefined => {
  const [before, after] = [olds, news].map((properties) => {
    const known = Object.entries(properties).filter(([name]) => name in vmInterfaceInputsSchema.shape);
    return vmInterfaceInputsSchema.safeParse(Object.fromEntries(known)).data;
  });
  if (before === undefined || after === undefined) return undefined;
  // Its XML names the macvtap alone, which can't move.
  const moved = isPepa(after) && before.realization.source !== after.realization.source ? ["realization"] : [];
  return [...moved, ...changeableInPlace(specOf(before), specOf(after)).needsReattach.map(inputOf)];
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
  links: ["bridge", "endpoint"],
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
  },
};
