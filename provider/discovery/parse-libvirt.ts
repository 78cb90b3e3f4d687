import type { DomainFacts, HostFacts } from "../schema/facts.ts";
import { type DomainXml, parseDomainXml } from "./domain-xml.ts";
import { FactsUnreadableError } from "./error.ts";
import type { Section } from "./sections.ts";

type LibvirtFacts = Pick<HostFacts, "libvirt" | "domains">;

/**
 * What two virsh processes said: who is there, then everybody's XML. A domain that vanished in between is left out. A daemon
 * that vanished, or hangs, is a problem: then no domain is known at all, rather than some.
 */
export function parseLibvirt(host: string, sections: readonly Section[]): LibvirtFacts {
  const list = sections.find(({ name }) => name === "libvirt");
  if (!list) return { libvirt: null, domains: [] };
  if (list.status !== 0) return unanswered(problemOf(list));
  const [, transients, end] = list.text.split(/^(?:transient|end)$/m);
  if (transients === undefined || end === undefined) return unanswered("virsh's answer is cut off");

  const chunks = sections.filter(({ name }) => name === "domains");
  const domains = new Map<string, DomainFacts>();
  const transient = new Set(uuidsIn(transients));
  for (const chunk of chunks) {
    if (!chunk.parts.some(({ heading }) => heading === "end")) return unanswered(problemOf(chunk));
    const there = chunk.parts.find(({ heading }) => heading === "still there")?.text.trim() ?? "";
    // The host name comes last: without it nobody answered any more.
    if (there === "" || uuidsIn(there.split("\n").at(-1) ?? "").length > 0) return unanswered(problemOf(chunk));
    const present = new Set(uuidsIn(there));
    for (const [uuid, xml] of xmlByDomain(chunk)) {
      if (xml.live !== "" && xml.config !== "") domains.set(uuid, domainFacts(host, uuid, xml, !transient.has(uuid)));
      else if (present.has(uuid)) return unanswered(problemOf(chunk));
    }
  }
  const version = /^Running against daemon: (\S+)/m.exec(list.text)?.[1] ?? null;
  return { libvirt: { version, running: true, problem: null }, domains: [...domains.values()] };
}

interface DomainTexts {
  live: string;
  config: string;
}

function xmlByDomain(chunk: Section): Map<string, DomainTexts> {
  const texts = new Map<string, DomainTexts>();
  for (const { heading, text } of chunk.parts) {
    const [which, uuid] = heading.split(" ");
    if (uuid === undefined || (which !== "live" && which !== "config")) continue;
    const both = texts.get(uuid) ?? { live: "", config: "" };
    both[which] = text.trim();
    texts.set(uuid, both);
  }
  return texts;
}

/** `dumpxml` of a domain that does not run prints its definition. */
function domainFacts(host: string, uuid: string, { live, config }: DomainTexts, persistent: boolean): DomainFacts {
  const definition = readXml(host, uuid, config);
  const machine = readXml(host, uuid, live);
  const { running } = machine;
  const hostDevices = [...new Set([definition, machine].flatMap((each) => each.hostDevices))];
  return {
    name: definition.name,
    uuid,
    running,
    persistent,
    live: running ? machine.interfaces : [],
    config: persistent ? definition.interfaces : [],
    ...(hostDevices.length === 0 ? {} : { hostDevices }),
  };
}

function readXml(host: string, uuid: string, xml: string): DomainXml {
  try {
    return parseDomainXml(xml);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new FactsUnreadableError(host, `virsh dumpxml ${uuid}`, why, { cause });
  }
}

function uuidsIn(text: string): string[] {
  return text.match(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/gm) ?? [];
}

function unanswered(problem: string): LibvirtFacts {
  return { libvirt: { version: null, running: false, problem }, domains: [] };
}

/** `timeout` ends with 124, or 128 + 9 when it had to kill. */
function problemOf({ status, text }: Section): string {
  if (status === 124 || status === 137) return "virsh got no answer within 5 seconds";
  const said = text.replaceAll(/^error: /gm, "").trim();
  return said.split("\n").slice(0, 3).join("; ") || "the daemon went away while it was asked";
}
