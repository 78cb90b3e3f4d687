import type { HostFacts } from "../schema/facts.ts";
import type { Section } from "./sections.ts";

/** Digests by path, as `sha256sum` prints them. Undefined where nothing is kept, or nobody may look. */
export function parseKept(section: Section | undefined): HostFacts["kept"] {
  if (section === undefined) return undefined;
  const files = section.text.matchAll(/^([0-9a-f]{64}) [ *](\/.+)\n/gm);
  return Object.fromEntries([...files].map(([, digest = "", path = ""]) => [path, digest]));
}

/** What the host's boot guard has left: why, and then the files, a line each. */
export function parseTakenBack(section: Section | undefined): HostFacts["takenBack"] {
  const [why, ...paths] = section?.text.split("\n").filter((line) => line !== "") ?? [];
  return why === undefined ? undefined : { why, paths };
}
