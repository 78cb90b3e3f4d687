import { findInterface } from "../libvirt/find-interface.ts";
import { plan, refusal } from "../planning/index.ts";
import { KvmNetworkError } from "../schema/error.ts";
import type { DomainFacts, HostFacts } from "../schema/facts.ts";
import type { VmInterfaceInputs } from "../schema/vm-interface.ts";
import { macTaken, ownerInFacts } from "./mac-registry.ts";
import { identityOf } from "./vm-interface-attachment.ts";
import { planRequest } from "./vm-interface-check.ts";
import { libvirtTooOld } from "./vm-interface-libvirt.ts";

/** The domain, or why it can't be had. */
export const domainOf = (facts: HostFacts, name: string): DomainFacts => {
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

/** Said before the first change to it. */
export const mustHaveLibvirt = (inputs: VmInterfaceInputs, facts: HostFacts): void => {
  const tooOld = libvirtTooOld(facts, inputs);
  if (tooOld !== undefined) throw new KvmNetworkError("libvirt-too-old", tooOld);
};

/** The host may not be what the preview was told: the same rules, on what is there now. */
export const mustStillServe = (inputs: VmInterfaceInputs, facts: HostFacts): void => {
  const request = planRequest(inputs, inputs.realization);
  if (request === undefined) return;
  const decided = plan(request, facts);
  if (decided.realization?.kind === inputs.realization.kind) return;
  throw new KvmNetworkError(
    "realization-refused",
    `${inputs.realization.kind} on ${inputs.host}: ${refusal(decided).reason}`,
  );
};

export const mustBeFree = (inputs: VmInterfaceInputs, facts: HostFacts, domain: DomainFacts): void => {
  const { live, config } = findInterface(domain, identityOf(inputs));
  if (live?.whose === "foreign" || config?.whose === "foreign") {
    throw new KvmNetworkError(
      "foreign-object",
      `the domain ${domain.name} on ${inputs.host} has an interface with the MAC ${inputs.mac} already that was not made by ` +
        "this provider: detach it, or give this one another mac",
    );
  }
  const { host, mac, mark, vfIndex, realization } = inputs;
  const claim = { host, link: realization.source, mac, mark, vfIndex };
  const owner = ownerInFacts(claim, facts);
  if (owner !== undefined && inputs.endpoint === undefined) {
    throw new KvmNetworkError("mac-in-use", macTaken(claim, owner));
  }
};
