import { type DomainXml, parseDomainXml } from "../discovery/domain-xml.ts";
import type { Request, StepResult } from "../host/host.ts";
import { KvmNetworkError } from "../schema/error.ts";
import type { DomainFacts } from "../schema/facts.ts";
import { printable } from "../schema/printable.ts";
import { virsh } from "./virsh.ts";

export type Steps = Request["steps"];

/** Which of a domain's two definitions a change concerns: the running machine, and what it starts with next time. */
export interface Scope {
  readonly live: boolean;
  readonly config: boolean;
}

/** All that the domain has: a running persistent one both, one that is shut off its definition, a transient one the machine. */
export function wholeScope(domain: Pick<DomainFacts, "running" | "persistent">): Scope {
  return { live: domain.running, config: domain.persistent };
}

/** virsh's options for a scope. */
export function scopeOptions({ live, config }: Scope): string[] {
  return [...(live ? ["--live"] : []), ...(config ? ["--config"] : [])];
}

/** virsh would take this name for the number of another domain. */
export class AmbiguousDomainError extends KvmNetworkError {
  constructor(name: string) {
    super(
      "domain-ambiguous",
      `The domain name ${name} is a number, which virsh takes for the ID of a running domain. Address the domain by its UUID.`,
    );
  }
}

/** What `virsh dominfo` printed does not tell whether the domain has a definition: that it has none must not follow. */
export class DomainInfoError extends KvmNetworkError {
  constructor(name: string, text: string) {
    super(
      "libvirt-info",
      `virsh dominfo ${name} does not tell whether the domain is persistent: it printed ` +
        `${JSON.stringify(printable(text, 200))}. Run the command by hand on the host to see what it prints, then run again.`,
    );
  }
}

/** The option that names a domain by UUID (or name): one word, so that no name is taken for an option. */
export function domainOption(domain: string): string {
  if (/^\d+$/.test(domain)) throw new AmbiguousDomainError(domain);
  return `--domain=${domain}`;
}

/** Read the domain back, at the end of the request that changed it: the last three results are for {@link domainRead}. */
export function readDomain(domain: string): Steps {
  const option = domainOption(domain);
  return [virsh("dumpxml", option), virsh("dumpxml", option, "--inactive"), virsh("dominfo", option)];
}

/** How many results at the end of an answer {@link domainRead} takes. */
export const readDomainResults = 3;

/**
 * The domain as {@link readDomain} found it, from an answer whose steps all succeeded.
 *
 * @throws LibvirtXmlError or DomainInfoError when virsh printed something else.
 */
export function domainRead(results: readonly StepResult[]): DomainFacts {
  const [live, inactive, info] = results.slice(-readDomainResults).map(({ stdout }) => stdout);
  const now: DomainXml = parseDomainXml(live ?? "");
  const told = /^Persistent:\s+(yes|no)$/m.exec(info ?? "")?.[1];
  if (told === undefined) throw new DomainInfoError(now.name, info ?? "");
  const persistent = told === "yes";
  return {
    name: now.name,
    uuid: now.uuid,
    running: now.running,
    persistent,
    live: now.running ? now.interfaces : [],
    config: persistent ? parseDomainXml(inactive ?? "").interfaces : [],
  };
}
