import type { Answer, Step } from "../host/host.ts";
import type { LinkFacts } from "../schema/facts.ts";
import { type Attributes, parseAttributes } from "./attributes.ts";
import { FactsUnreadableError } from "./error.ts";
import { parseLinks } from "./parse-links.ts";
import { parseSections } from "./sections.ts";

/** What the kernel keeps in files about one link; no process is started for it. */
export function linkFilesStep(name: string): Step {
  return { verb: "facts", link: name };
}

const part = "ip -d -j addr show dev NAME";

/** The links in a text that is a batch's, which prints a line of JSON for each; none in any other. */
export function parseShownLinks(text: string, host: string, attributes: Attributes = new Map()): LinkFacts[] {
  if (!text.startsWith("[")) return [];
  return text.split("\n").flatMap((line) => (line === "" ? [] : parseLinks(host, part, line, attributes)));
}

/**
 * The facts of the links that a request showed after it changed them, in that order: from `ip -d -j addr show dev NAME`
 * (alone or in a batch, which prints a line of JSON for each) and {@link linkFilesStep}. `host` is its name.
 */
export function readLinks(answer: Answer, host: string): [LinkFacts, ...LinkFacts[]] {
  const texts = answer.results.map(({ stdout }) => stdout);
  const files = texts.filter((text) => text.startsWith("kvmnet-facts")).flatMap((text) => parseSections(host, text));
  const attributes = parseAttributes(...files.map((section) => section.text));
  const [first, ...rest] = texts.flatMap((text) => parseShownLinks(text, host, attributes));
  if (!first) throw new FactsUnreadableError(host, part, "no link was shown");
  return [first, ...rest];
}
