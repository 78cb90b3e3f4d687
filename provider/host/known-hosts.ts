import { createHmac } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { matchesPatterns } from "./match-patterns.ts";

/** What known_hosts files (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT) say about one server. */
export interface KnownKeys {
  readonly keys: readonly Buffer[];
  readonly revoked: readonly Buffer[];
  /** A certificate authority vouches for it, which is of no use here: ssh2 takes no host certificates. */
  readonly hasAuthority: boolean;
}

/** `|1|salt|hash`: HMAC-SHA1 of the name. */
const matchesHash = (name: string, hashed: string): boolean => {
  const [, , salt, hash] = hashed.split("|");
  if (salt === undefined || hash === undefined) return false;
  return createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest("base64") === hash;
};

const matchesHosts = (name: string, hosts: string): boolean =>
  hosts.startsWith("|1|") ? matchesHash(name, hosts) : matchesPatterns(name, hosts.split(","));

/** Looks a server up under `host`, or `[host]:port` when the port is not 22. */
export const lookUpKnownHosts = (files: readonly string[], host: string, port: number): KnownKeys => {
  const name = port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
  const keys: Buffer[] = [];
  const revoked: Buffer[] = [];
  let hasAuthority = false;
  for (const file of files) {
    if (!existsSync(file)) continue;
    for (const line of readFileSync(file, "utf8").split("\n")) {
      const words = line.trim().split(/\s+/);
      const marker = words[0]?.startsWith("@") ? words.shift() : undefined;
      const [hosts, , key] = words;
      if (hosts === undefined || key === undefined || hosts.startsWith("#") || !matchesHosts(name, hosts)) continue;
      const blob = Buffer.from(key, "base64");
      if (marker === undefined) keys.push(blob);
      else if (marker === "@revoked") revoked.push(blob);
      else if (marker === "@cert-authority") hasAuthority = true;
    }
  }
  return { keys, revoked, hasAuthority };
};
