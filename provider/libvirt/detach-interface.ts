import { parseDomainXml } from "../discovery/domain-xml.ts";
import type { StepResult } from "../host/host.ts";
import { domainOption, readDomain, type Scope, type Steps, scopeOptions } from "./domain-steps.ts";
import type { InterfaceIdentity } from "./find-interface.ts";
import { virsh, virshProblem, virshWithXml } from "./virsh.ts";
import { buildXml } from "./xml-writer.ts";

/**
 * Take the interface from the domain, and read the domain back. libvirt finds it by MAC and alias together, so a foreign one
 * with the same MAC stays. A running guest may hold on to it although the command succeeds: see {@link interfaceGone}.
 *
 * @param identity As observed: the MAC that the interface has now.
 * @param scope Where it was found; at least one.
 */
export function detachInterface(domain: string, identity: InterfaceIdentity, scope: Scope): Steps {
  // The type is not compared, and this one needs no source.
  const xml = buildXml({
    tag: "interface",
    attributes: { type: "ethernet" },
    content: [
      { tag: "mac", attributes: { address: identity.mac } },
      { tag: "alias", attributes: { name: identity.alias } },
    ],
  });
  return [virshWithXml(xml, "detach-device", domainOption(domain), ...scopeOptions(scope)), ...readDomain(domain)];
}

/** One look at the running machine, for {@link interfaceGone}; it may fail, the domain may go too. */
export function lookAtDomain(domain: string): Steps {
  return [{ ...virsh("dumpxml", domainOption(domain)), mayFail: true }];
}

/**
 * Has the guest let go? Ask with {@link lookAtDomain} until it has or time is up: some guests never do (a boot ROM, one that
 * hangs). Gone as well when the domain is; anything else that virsh fails on leaves it open.
 *
 * @throws LibvirtXmlError when virsh printed something else than a domain.
 */
export function interfaceGone(look: StepResult, { alias }: Pick<InterfaceIdentity, "alias">): boolean {
  if (look.status !== 0) return virshProblem(look) === "no-domain";
  return parseDomainXml(look.stdout).interfaces.every((each) => each.alias !== alias);
}
