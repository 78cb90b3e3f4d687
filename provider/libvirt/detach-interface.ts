import { parseDomainXml } from "../discovery/domain-xml.ts";
import type { StepResult } from "../host/host.ts";
import type { DomainInterfaceFacts } from "../schema/facts.ts";
import { buildXml } from "../xml/writer.ts";
import { domainOption, readDomain, type Steps } from "./domain-steps.ts";
import type { FoundInterfaces, InterfaceIdentity } from "./find-interface.ts";
import { virsh, virshProblem, virshWithXml } from "./virsh.ts";

/**
 * Take the interface from wherever the domain has it, and read the domain back. The running machine comes first: it is what
 * refuses. A guest may hold on to its NIC although the command succeeds: see {@link interfaceGone}.
 *
 * libvirt looks for the MAC, and for alias and address where both sides have one. A definition need not give aliases, so the
 * address is what keeps a foreign interface with the same MAC from being taken in its place.
 *
 * @param found Where ours is now; foreign ones are left out.
 */
export function detachInterface(domain: string, found: FoundInterfaces): Steps {
  const option = domainOption(domain);
  const steps = (["live", "config"] as const).flatMap((scope) => {
    const there = found[scope];
    if (there?.whose !== "ours") return [];
    return [virshWithXml(detachXml(there.interface), "detach-device", option, `--${scope}`)];
  });
  return [...steps, ...readDomain(domain)];
}

function detachXml({ mac, alias, address }: DomainInterfaceFacts): string {
  return buildXml({
    tag: "interface",
    // The type is not compared, and this one needs no source.
    attributes: { type: "ethernet" },
    content: [
      { tag: "mac", attributes: { address: mac } },
      { tag: "alias", attributes: { name: alias ?? undefined } },
      address ? { tag: "address", attributes: address } : undefined,
    ],
  });
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
