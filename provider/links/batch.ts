import type { Step } from "../host/host.ts";
import { KvmNetworkError } from "../schema/error.ts";

/**
 * Several `ip` commands in one process, in order, ended by the first that fails; each `show` prints one line of JSON.
 * A process costs the host more than the change itself.
 */
export function ipBatch(commands: readonly (readonly string[])[]): Step {
  const input = commands.map((words) => `${words.map(quote).join(" ")}\n`).join("");
  return { verb: "run", argv: ["ip", "-d", "-j", "-batch", "-"], input };
}

/** A batch line is cut at blanks outside of quotes, and anywhere at `#` and line ends (iproute2 lib/utils.c): no way to escape. */
function quote(word: string): string {
  if (/^[\w.:/@+=,-]+$/.test(word)) return word;
  if (word === "") return '""';
  if (/[#\\\p{Cc}]/u.test(word) || (word.includes('"') && word.includes("'"))) {
    throw new KvmNetworkError(
      "ip-word",
      `ip can't be given ${JSON.stringify(word)} in a batch: it has no way to quote #, \\, control characters, or both kinds of quotes. Leave them out.`,
    );
  }
  return word.includes('"') ? `'${word}'` : `"${word}"`;
}
