import { FactsUnreadableError } from "./error.ts";

/** One command's output within the observing script's. */
export interface Section {
  readonly name: string;
  /** Words after the name: `lldp ncb eth1`. */
  readonly subject: readonly string[];
  readonly status: number;
  readonly text: string;
  /** Parts of the text that carry a heading of their own (the XML of one domain). */
  readonly parts: readonly { readonly heading: string; readonly text: string }[];
}

/**
 * Cuts the output of the `facts` verb where its nonce stands. An output that is not complete, to its last line, is no
 * observation: a missing half must not pass for links that are not there.
 */
export function parseSections(host: string, output: string): Section[] {
  const nonce = /^kvmnet-facts 1 ([0-9a-f-]{36})\n/.exec(output)?.[1];
  if (nonce === undefined) throw new FactsUnreadableError(host, "the beginning", "it is not the host script's output");
  const sections: Section[] = [];
  let open: { words: readonly string[]; text: string; parts: { heading: string; text: string }[] } | undefined;
  for (const piece of output.split(`\n${nonce} `).slice(1)) {
    const lineEnd = piece.indexOf("\n");
    const words = (lineEnd < 0 ? piece : piece.slice(0, lineEnd)).split(" ");
    const text = lineEnd < 0 ? "" : piece.slice(lineEnd + 1);
    const [what, ...subject] = words;
    if (what === "begin" && open === undefined) {
      open = { words: subject, text, parts: [] };
    } else if (what === "domain" && open !== undefined) {
      open.parts.push({ heading: subject.join(" "), text });
    } else if (what === "end" && open !== undefined && /^\d+$/.test(subject[0] ?? "") && lineEnd >= 0) {
      const [name = "", ...rest] = open.words;
      sections.push({ name, subject: rest, status: Number(subject[0]), text: open.text, parts: open.parts });
      open = undefined;
    } else if (what === "complete" && open === undefined && lineEnd >= 0) {
      return sections;
    } else {
      throw new FactsUnreadableError(host, open?.words.join(" ") ?? words.join(" "), "its end is missing");
    }
  }
  const last = open?.words.join(" ") ?? sections.at(-1)?.name ?? "the beginning";
  throw new FactsUnreadableError(host, last, "the output is cut off there");
}
