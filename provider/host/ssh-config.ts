import { existsSync, globSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { matchesPatterns } from "./match-patterns.ts";

/** What ssh_config(5) says about a host: the first value of a keyword wins, identity files add up. */
export interface SshConfig {
  readonly hostName: string | undefined;
  readonly port: number | undefined;
  readonly user: string | undefined;
  readonly identityFiles: readonly string[];
  readonly identityAgent: string | undefined;
  readonly proxyJump: string | undefined;
  readonly proxyCommand: string | undefined;
  readonly userKnownHostsFiles: readonly string[] | undefined;
  readonly globalKnownHostsFiles: readonly string[] | undefined;
  readonly hostKeyAlias: string | undefined;
}

/** As deep as OpenSSH follows Include. */
const maxIncludes = 16;

/** `Keyword value "a value"` or `Keyword=value`; undefined for an empty line or a comment. */
const parseLine = (line: string): { keyword: string; values: string[] } | undefined => {
  const match = /^\s*([A-Za-z]+)(?:\s*=\s*|\s+)(.*?)\s*$/.exec(line);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  const values = [...match[2].matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
  return { keyword: match[1].toLowerCase(), values };
};

const expandHome = (path: string): string =>
  path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : path;

/** Lines of the file and of those it includes that apply to `alias`. */
const applyingLines = function* (
  path: string,
  alias: string,
  depth: number,
): Generator<{ keyword: string; values: string[] }> {
  if (depth > maxIncludes || !existsSync(path)) return;
  let applies = true;
  for (const text of readFileSync(path, "utf8").split("\n")) {
    const line = parseLine(text);
    if (line === undefined) continue;
    if (line.keyword === "host") applies = matchesPatterns(alias, line.values);
    // Of Match's criteria only the one that needs no lookup.
    else if (line.keyword === "match") applies = line.values.join(" ").toLowerCase() === "all";
    else if (applies && line.keyword === "include") {
      for (const pattern of line.values.map(expandHome)) {
        const absolute = isAbsolute(pattern) ? pattern : join(homedir(), ".ssh", pattern);
        for (const file of globSync(absolute).sort()) yield* applyingLines(file, alias, depth + 1);
      }
    } else if (applies) yield line;
  }
};

/** Reads `~/.ssh/config` and the system's for one host, as far as connecting needs it. */
export const readSshConfig = (
  alias: string,
  files: readonly string[] = [join(homedir(), ".ssh/config"), "/etc/ssh/ssh_config"],
): SshConfig => {
  const first = new Map<string, string[]>();
  const identityFiles: string[] = [];
  for (const file of files) {
    for (const { keyword, values } of applyingLines(file, alias, 0)) {
      if (keyword === "identityfile") identityFiles.push(...values);
      else if (!first.has(keyword)) first.set(keyword, values);
    }
  }
  const value = (keyword: string): string | undefined => first.get(keyword)?.[0];
  const hostName = value("hostname")?.replaceAll("%h", alias).replaceAll("%%", "%");
  const user = value("user");
  const expand = (path: string): string =>
    expandHome(path)
      .replaceAll("%d", homedir())
      .replaceAll("%h", hostName ?? alias)
      .replaceAll("%r", user ?? "");
  const port = Number(value("port"));
  return {
    hostName,
    port: Number.isInteger(port) && port > 0 ? port : undefined,
    user,
    identityFiles: identityFiles.filter((path) => path !== "none").map(expand),
    identityAgent: value("identityagent"),
    proxyJump: value("proxyjump"),
    proxyCommand: first.get("proxycommand")?.join(" "),
    userKnownHostsFiles: first.get("userknownhostsfile")?.map(expand),
    globalKnownHostsFiles: first.get("globalknownhostsfile")?.map(expand),
    hostKeyAlias: value("hostkeyalias"),
  };
};
