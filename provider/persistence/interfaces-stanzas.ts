/* The stanzas of /etc/network/interfaces, as ifupdown reads them: interfaces(5), ifupdown 0.8 config.c. */

export interface Stanza {
  readonly path: string;
  /** The words of its first line. */
  readonly head: readonly string[];
  /** Its other lines, without what they are indented by. */
  readonly lines: readonly StanzaLine[];
}

export interface StanzaLine {
  readonly line: string;
  readonly word: string;
  readonly value: string;
  /** It goes on in the line behind it. */
  readonly continued: boolean;
}

const wordsOf = (line: string): string[] => line.split(/\s+/).filter((each) => each !== "");

/** Lines as ifupdown has them: a comment is a whole line, and a backslash at the end of another joins the next one. */
const linesIn = (text: string): StanzaLine[] => {
  const lines: StanzaLine[] = [];
  let open: string | undefined;
  for (const each of text.split("\n")) {
    const said = open === undefined ? each.trim() : `${open}${each}`;
    if (open === undefined && (said === "" || said.startsWith("#"))) continue;
    if (said.endsWith("\\")) {
      open = said.slice(0, -1);
      continue;
    }
    lines.push(lineOf(said, open !== undefined));
    open = undefined;
  }
  return open === undefined ? lines : [...lines, lineOf(open, true)];
};

const lineOf = (said: string, continued: boolean): StanzaLine => {
  const line = said.trim();
  const [word = ""] = wordsOf(line);
  return { line, word, value: line.slice(word.length).trim(), continued };
};

const beginsStanza = ({ word }: StanzaLine): boolean =>
  ["iface", "mapping", "source", "source-directory", "auto", "no-auto-down", "no-scripts", "rename"].includes(word) ||
  (word.startsWith("allow-") && word.length > "allow-".length) ||
  word.startsWith("source-dir");

export const stanzasIn = (path: string, text: string): Stanza[] => {
  const stanzas: { path: string; head: string[]; lines: StanzaLine[] }[] = [];
  for (const each of linesIn(text)) {
    if (beginsStanza(each)) stanzas.push({ path, head: wordsOf(each.line), lines: [] });
    else stanzas.at(-1)?.lines.push(each);
  }
  return stanzas;
};
