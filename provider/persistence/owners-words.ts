/*
 * What the owner of a NIC has its network manager do with it, word by word: which of it goes to the bridge that takes the NIC's place, and
 * which stays. What is not known is refused by name: it may mean something else on a bridge, or nothing any more on the NIC.
 */

export interface OwnersFile {
  readonly path: string;
  readonly text: string;
}

type Table = Readonly<Record<string, readonly string[]>>;

/** The words of one network manager's files, by section. */
export interface Vocabulary {
  /** What goes with the host's addresses. */
  readonly moving: Table;
  /** What is the NIC's. */
  readonly staying: Table;
  /** What says which link it is for, or what only the file itself is about. Without a list: all of the section. */
  readonly silent: Readonly<Record<string, readonly string[] | undefined>>;
  /** Sections that are called otherwise as well. */
  readonly sections?: Readonly<Record<string, string>>;
  /** A setting as the tables have it. */
  readonly wordOf?: (section: string, key: string) => string;
  /** Values that would mean something else there. */
  readonly isOther: (section: string, key: string, value: string) => boolean;
}

export interface OwnersWords {
  /** Lines of the bridge's file, as the owner wrote them. */
  readonly bridge: readonly string[];
  /** Lines of the NIC's file, by section. */
  readonly nic: Readonly<Partial<Record<string, readonly string[]>>>;
  /** What is not known, and so can't be moved. */
  readonly refused?: string;
  /** Why there is nothing to move by, as a clause, and what to do, as a sentence. */
  readonly unfit?: string;
}

interface Said {
  readonly line: string;
  /** Of which head: a section may come more than once. */
  readonly head: string;
  readonly at: number;
  readonly section: string;
  readonly key: string;
  readonly word: string;
  readonly value: string;
}

/** As the managers do it, and the host script (judge-profile.ts): what else JavaScript takes for a blank is part of a word. */
const trim = (text: string): string => text.replace(/^[ \t]+|[ \t\r]+$/g, "");

/** The lines of a file that say something; heads too, with an empty key. */
const saidIn = (text: string, { sections = {}, wordOf = (_, key) => key }: Vocabulary): Said[] => {
  let [head, section, at] = ["", "", 0];
  return text.split("\n").flatMap((line): Said[] => {
    const said = trim(line);
    if (said === "" || said.startsWith("#") || said.startsWith(";")) return [];
    const name = /^\[(.+)\]$/.exec(said)?.[1];
    if (name !== undefined) [head, section, at] = [`[${name}]`, sections[name] ?? name, at + 1];
    const [key = "", ...rest] = name === undefined ? said.split("=") : [];
    const trimmed = trim(key);
    return [{ line, head, at, section, key: trimmed, word: wordOf(section, trimmed), value: trim(rest.join("=")) }];
  });
};

const has = (table: Vocabulary["silent"], section: string, word: string): boolean =>
  Object.hasOwn(table, section) && (table[section]?.includes(word) ?? true);

const movingIn = (said: readonly Said[], { moving }: Vocabulary): string[] => {
  let open = 0;
  return said.flatMap(({ line, head, at, section, word }) => {
    if (!has(moving, section, word)) return [];
    const heads = at === open ? [] : [head];
    open = at;
    return [...heads, line];
  });
};

const stayingIn = (said: readonly Said[], { staying }: Vocabulary): OwnersWords["nic"] => {
  const kept: Partial<Record<string, string[]>> = {};
  for (const { line, section, word } of said)
    if (has(staying, section, word)) kept[section] = [...(kept[section] ?? []), line];
  return kept;
};

/** Why a line can't be taken over; undefined where it can. */
const refusalOf = (nic: string, { line, head, section, key, word, value }: Said, words: Vocabulary) => {
  const isKnown = [words.moving, words.staying, words.silent].some((table) => Object.hasOwn(table, section));
  if (key === "") return isKnown ? undefined : `the section ${head}`;
  if (has(words.silent, section, word)) return undefined;
  if (trim(line).endsWith("\\")) return `the continued line ${trim(line)}`;
  const names = has(words.moving, section, word) && value.split(/[^A-Za-z0-9_.-]+/).includes(nic);
  const isMine = has(words.moving, section, word) || has(words.staying, section, word);
  return isMine && !names && !words.isOther(section, key, value) ? undefined : `${trim(line)} in ${head}`;
};

/** Splits the owner's words about a NIC between the bridge and the NIC. `more`: what the bridge is told behind them. */
export const splitWords = (
  nic: string,
  files: readonly OwnersFile[],
  words: Vocabulary,
  more: readonly string[],
): OwnersWords => {
  const all = files.map(({ path, text }) => ({ path, said: saidIn(text, words) }));
  for (const { path, said } of all) {
    for (const each of said) {
      const refused = refusalOf(nic, each, words);
      if (refused !== undefined) return { bridge: [], nic: {}, refused: `${refused} of ${path}` };
    }
  }
  const nics = all.map(({ said }) => stayingIn(said, words));
  const sections = [...new Set(nics.flatMap((each) => Object.keys(each)))];
  return {
    bridge: [...all.flatMap(({ said }) => movingIn(said, words)), ...more],
    nic: Object.fromEntries(sections.map((name) => [name, nics.flatMap((each) => each[name] ?? [])])),
  };
};

/** The same, found again in the files that were made of them. */
export const wordsIn = (bridge: string, nic: string, words: Vocabulary): Pick<OwnersWords, "bridge" | "nic"> => ({
  bridge: movingIn(saidIn(bridge, words), words),
  nic: stayingIn(saidIn(nic, words), words),
});
