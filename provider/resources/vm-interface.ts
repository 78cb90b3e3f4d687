import { observe } from "../discovery/observe.ts";
import type { Host } from "../host/host.ts";
import { domainRead, readDomain, type Scope, wholeScope } from "../libvirt/domain-steps.ts";
import { findInterface, presence } from "../libvirt/find-interface.ts";
import { interfaceDrift } from "../libvirt/interface-drift.ts";
import { buildInterfaceXml } from "../libvirt/interface-xml.ts";
import { changeableInPlace, isChangeableInPlace, updateInterface } from "../libvirt/update-interface.ts";
import { plan, refusal } from "../planning/index.ts";
import { KvmNetworkError } from "../schema/error.ts";
import type { DomainFacts, HostFacts } from "../schema/facts.ts";
import { type VmInterfaceInputs, vmInterfaceFields, vmInterfaceInputsSchema } from "../schema/vm-interface.ts";
import { changeHost } from "./change-host.ts";
import { userAlias } from "./identity.ts";
import { macTaken, ownerInFacts } from "./mac-registry.ts";
import type { Properties, ResourceKind } from "./resource-kind.ts";
import { attach, definition, detach, identityOf, isOurs } from "./vm-interface-attachment.ts";
import { complete, explanation, planRequest } from "./vm-interface-check.ts";
import { hasLostItsLink, hostSideDrift, mendHostSide } from "./vm-interface-host-side.ts";
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

/** The domain, or why it can't be had. */
const domainOf = (facts: HostFacts, name: string): DomainFacts => {
  if (facts.libvirt === null) {
    throw new KvmNetworkError(
      "no-libvirt",
      `there is no virsh on ${facts.hostname}: install libvirt there to attach ${name}`,
    );
  }
  if (!facts.libvirt.running) {
    throw new KvmNetworkError(
      "libvirt-down",
      `libvirt on ${facts.hostname} does not answer: ${facts.libvirt.problem ?? ""}`,
    );
  }
  const domain = facts.domains.find((each) => each.name === name);
  if (domain !== undefined) return domain;
  const there = facts.domains.map((each) => each.name).join(", ") || "none";
  throw new KvmNetworkError("no-domain", `there is no domain ${name} on ${facts.hostname}; its domains are: ${there}`);
};

/** The host may not be what the preview was told: the same rules, on what is there now. */
const mustStillServe = (inputs: VmInterfaceInputs, facts: HostFacts): void => {
  const request = planRequest(inputs, inputs.realization);
  if (request === undefined) return;
  const decided = plan(request, facts);
  if (decided.realization?.kind === inputs.realization.kind) return;
  throw new KvmNetworkError(
    "realization-refused",
    `${inputs.realization.kind} on ${inputs.host}: ${refusal(decided).reason}`,
  );
};

const mustBeFree = (inputs: VmInterfaceInputs, facts: HostFacts, domain: DomainFacts): void => {
  const { live, config } = findInterface(domain, identityOf(inputs));
  if (live?.whose === "foreign" || config?.whose === "foreign") {
    throw new KvmNetworkError(
      "foreign-object",
      `the domain ${domain.name} on ${inputs.host} has an interface with the MAC ${inputs.mac} already that was not made by ` +
        "this provider: detach it, or give this one another mac",
    );
  }
  const link = inputs.realization.source;
  const claim = { host: inputs.host, link, mac: inputs.mac, mark: inputs.mark };
  const owner = ownerInFacts(claim, facts);
  if (owner !== undefined && inputs.endpoint === undefined) {
    throw new KvmNetworkError("mac-in-use", macTaken(claim, owner));
  }
};

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
    const what = `set ${drift.map(({ property, wanted }) => `${property} to ${wanted}`).join(", ")} of ${inputs.mac} in ${domain.name}`;
    const steps = updateInterface(domain.uuid, spec, found);
    const { results } = await changeHost(host, inputs, kind, what, steps);
    return domainRead(results);
  }
  await detach(inputs, host, domain);
  return { ...domain, live: withoutOurs(domain.live, inputs), config: withoutOurs(domain.config, inputs) };
};

const withoutOurs = (interfaces: DomainFacts["live"], inputs: VmInterfaceInputs) =>
  interfaces.filter(({ alias }) => alias !== userAlias(inputs.mark));

const ensure = async (inputs: VmInterfaceInputs, host: Host): Promise<VmInterfaceOutputs> => {
  if (inputs.domain === undefined) return outputsWithout(inputs);
  const facts = await observe(host);
  mustStillServe(inputs, facts);
  const before = domainOf(facts, inputs.domain);
  mustBeFree(inputs, facts, before);
  const domain = await mend(inputs, host, facts, before);
  const steps = mendHostSide(inputs, domain === before ? facts : await observe(host), domain);
  if (steps.length > 0) await changeHost(host, inputs, kind, `set up the host's side of ${inputs.target}`, steps);
  const { live, config } = findInterface(domain, identityOf(inputs));
  const whole = wholeScope(domain);
  const missing = scopeOf(whole.live && !isOurs(live), whole.config && !isOurs(config));
  const domainXml =
    missing === undefined
      ? definition((await host.request({ steps: readDomain(domain.uuid) })).results)
      : await attach(inputs, host, domain, missing);
  return {
    ...outputsWithout(inputs),
    explanation: explanation(inputs, facts),
    domainXml,
    ...(domain.running ? { device: specOf(inputs).target ?? inputs.target } : {}),
  };
};

const observeInterface = async (inputs: VmInterfaceInputs, host: Host, previous: Properties) => {
  const kept = typeof previous.domainXml === "string" ? { domainXml: previous.domainXml } : {};
  const outputs = { ...outputsWithout(inputs), ...kept };
  if (inputs.domain === undefined) return { inputs, outputs };
  const facts = await observe(host);
  const domain = facts.domains.find(({ name }) => name === inputs.domain);
  // Down is not gone: forgetting every interface of a host because its daemon restarts would be the worst of answers.
  if (domain === undefined && facts.libvirt?.running !== true) domainOf(facts, inputs.domain);
  if (domain === undefined) return undefined;
  const attachment = presence(domain, identityOf(inputs));
  if (attachment === "absent") return undefined;
  const spec = specOf(inputs);
  const found = findInterface(domain, identityOf(inputs));
  const lost = hasLostItsLink(inputs, facts, found.live);
  let observed: Properties = { ...inputs, attachment: lost ? "persistent-only" : attachment };
  for (const each of [found.config, found.live].filter(isOurs)) {
    observed = withDrift(observed, each.interface, interfaceDrift(spec, each.interface));
  }
  if (isOurs(found.live)) observed = { ...observed, ...hostSideDrift(inputs, facts, domain) };
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
  return changeableInPlace(specOf(before), specOf(after)).needsReattach.map(inputOf);
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
  remove: async (inputs, host) => {
    if (inputs.domain === undefined) return;
    const facts = await observe(host);
    const domain = facts.domains.find(({ name }) => name === inputs.domain);
    if (domain === undefined && facts.libvirt?.running !== true) domainOf(facts, inputs.domain);
    // Undefined or migrated away: what was attached went with it.
    if (domain !== undefined) await detach(inputs, host, domain);
  },
};
