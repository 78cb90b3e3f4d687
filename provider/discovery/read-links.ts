import type { Answer, Step } from "../host/host.ts";
import type { LinkFacts } from "../schema/facts.ts";
import { parseAttributes } from "./attributes.ts";
import { FactsUnreadableError } from "./error.ts";
import { parseLinks } from "./parse-links.ts";
import { parseSections } from "./sections.ts";

/** What the kernel keeps in files about one link; no process is started for it. */
export function linkFilesStep(name: string): Step {
  return { verb: "facts", link: name };
}

/**
 * The facts of the links that a request showed after it changed them, in that order: from `ip -d -j addr show dev NAME`
 * (alone or in a batch, which prints a line of JSON for each) and {@link linkFilesStep}. `host` is its name.
 */
export function readLinks(answer: Answer, host: string): [LinkFacts, ...LinkFacts[]] {
  const part = "ip -d -j addr show dev NAME";
  const texts = answer.results.map(({ stdout }) => stdout);
  const files = texts.filter((text) => text.startsWith("kvmnet-facts")).flatMap((text) => parseSections(host, text));
  const attributes = parseAttributes(...files.map((section) => section.text));
  const shown = texts.filter((text) => text.startsWith("[")).flatMap((text) => text.split("\n"));
  const [first, ...rest] = shown.flatMap((line) => (line === "" ? [] : parseLinks(host, part, line, attributes)));
  if (!first) throw new FactsUnreadableError(host, part, "no link was shown");
  return [first, ...rest];
}
