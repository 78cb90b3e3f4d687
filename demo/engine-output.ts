import { fold, paint } from "./screen.ts";

/** What of a resource that is made is worth a line; the whole of it is left in a file. */
const telling = new Set([
  ...["mode", "mac", "realization", "type", "nic", "name", "members"],
  ...["numVfs", "index", "vlan", "trust", "maxTxRateMbps"],
]);

const colours: Readonly<Record<string, "green" | "red" | "yellow" | "magenta">> = {
  "+": "green",
  "++": "green",
  "-": "red",
  "--": "red",
  "~": "yellow",
  "+-": "magenta",
};

const coloured = (mark: string, text: string): string => {
  const colour = colours[mark];
  return colour === undefined ? text : paint(colour, text);
};

/** What a replaced interface means for its VM. */
const inWords: Readonly<Record<string, string>> = {
  "--": "  detach",
  "++": "  attach",
};

/** Takes the engine's output; `line` may show something at once, `end` shows the rest. */
export interface Trim {
  line(text: string): string[];
  end(): { readonly lines: string[]; readonly counts: string };
}

/** The engine's sums: what it says below "Resources:". */
class Counts {
  #lines: string[] | undefined;

  /** Is this line of the sums, or behind them? */
  take(line: string): boolean {
    if (line.startsWith("Resources:")) this.#lines = [];
    else if (this.#lines !== undefined && line.startsWith("    ")) this.#lines.push(line.trim());
    return this.#lines !== undefined;
  }

  get text(): string {
    return (this.#lines ?? []).join(", ");
  }
}

interface Block {
  readonly mark: string;
  readonly kind: string;
  readonly what: string;
  name: string;
  readonly lines: string[];
}

const order = ["Uplink", "HostBridge", "SriovVirtualFunction", "VmInterface", "Reachability"];
const rank = ({ kind, name }: Block) => `${order.indexOf(kind)} ${name}`;

/** One line for an object or a list that the engine sets on several. */
const joined = (lines: readonly string[]): string =>
  lines
    .map((line) =>
      line
        .trim()
        .replace(/^\[\d+\]: /, "")
        .replace(/\s+: /, ": "),
    )
    .join(", ")
    .replace(/([{[]), /g, "$1 ")
    .replace(/, ([}\]])/g, " $1");

/** Of a new resource what is telling. */
function tellingLines(lines: readonly string[]): string[] {
  const shown: string[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    const start = index;
    if (/[{[]$/.test(lines[start] ?? ""))
      while (index < lines.length && !/^ {8}[}\]]/.test(lines[index] ?? "")) index += 1;
    const name = /^ {8}(\w+) *: /.exec(lines[start] ?? "")?.[1];
    if (name !== undefined && telling.has(name)) shown.push(fold(joined(lines.slice(start, index + 1)), 8, 10));
  }
  return shown;
}

function blockLines({ mark, kind, name, what, lines }: Block): string[] {
  const said = lines
    .filter((line) => line.startsWith("["))
    .map((line) => paint("dim", fold(`→ ${line.replace(/^\[.*?\] \S+: /, "")}`, 8, 10)));
  const head = coloured(mark, `  ${mark.padEnd(2)} ${paint("bold", `${kind} ${name}`)}  (${what})`);
  const properties = lines.filter((line) => line.startsWith(" "));
  if (mark === "+") return [head, ...tellingLines(properties), ...said];
  if (mark === "-" || mark === "--" || mark === "++") return [head + paint("dim", inWords[mark] ?? ""), ...said];
  return [head, ...properties.map((line) => coloured("~", `  ${line}`)), ...said];
}

/** Of `--diff`: each resource with its name in place of its URN, and its changes; in the order of the layers. */
export function trimDiff(): Trim {
  const counts = new Counts();
  const blocks: Block[] = [];
  let current: Block | undefined;
  return {
    line: (line) => {
      if (counts.take(line)) return [];
      const header = /^ {2,4}(\+\+|\+-|--|[-+~ ])\s*([\w:/-]+): \((.*)\)$/.exec(line);
      const said = /^\[[\d.]+\] (\w+)\/([^:]+): /.exec(line);
      if (header !== null) {
        const [, mark = "", type = "", what = ""] = header;
        const kind = type.split(":").at(-1) ?? "";
        current = mark === " " || kind === "Stack" ? undefined : { mark, kind, what, name: "", lines: [] };
        if (current !== undefined) blocks.push(current);
      } else if (said !== null) {
        blocks.find(({ kind, name }) => kind === said[1] && name === said[2])?.lines.push(line);
      } else if (current?.name === "") {
        current.name = /^ +\[urn=.*::(.+)\]$/.exec(line)?.[1] ?? "";
      } else if (/^ *--outputs:--/.test(line)) current = undefined;
      else if (line.startsWith(" ")) current?.lines.push(line);
      return [];
    },
    end: () => ({
      // A replacement's three steps stay in their order: sorting is stable.
      lines: blocks.sort((a, b) => (rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0)).flatMap(blockLines),
      counts: counts.text,
    }),
  };
}

/** Of an update: each resource as it is done, with what the provider said first of it: that it lasts comes behind. */
export function trimUpdate(): Trim {
  const counts = new Counts();
  const said = new Map<string, string>();
  let over = false;
  return {
    line: (line) => {
      if (counts.take(line)) return [];
      if (line.startsWith("Diagnostics:")) over = true;
      if (over) return [];
      const message = /\[[\d.]+\] (\w+)\/([^:]+): (.*)$/.exec(line);
      const about = message === null ? "" : `${message[1]} ${message[2]}`;
      if (message !== null && !said.has(about)) said.set(about, message[3] ?? "");
      const done = /^ (..) pulumi-nodejs:dynamic\/kvm-network:(\w+ \S+) (created|deleted|updated)/.exec(line);
      if (done === null) return [];
      const [, mark = "", what = "", verb = ""] = done;
      const head = `  ${mark.trim().padEnd(2)} ${paint("bold", what.padEnd(28))}`;
      const doing = said.get(what) ?? verb;
      said.delete(what);
      return [`${coloured(mark.trim(), head)} ${paint("dim", doing)}`];
    },
    end: () => ({ lines: [], counts: counts.text }),
  };
}

/** Of a run that is refused: what its errors say. */
export function trimRefusal(): Trim {
  const lines: string[] = [];
  return {
    line: (line) => {
      const [, said] = /^ +(?:error|warning): (.*)$/.exec(line) ?? [];
      if (said !== undefined) lines.push(paint("red", fold(said, 2)));
      return [];
    },
    end: () => ({ lines, counts: "" }),
  };
}
