import type { ServerHostKeyAlgorithm } from "ssh2";
import { fingerprintOf, keyTypeOf } from "./fingerprint.ts";
import { addressOf, type Hop } from "./hop.ts";
import { HostError } from "./host-error.ts";
import { lookUpKnownHosts } from "./known-hosts.ts";

/** How to find out whether the key that a server shows is its own. */
export interface HostKeyCheck {
  /** Signature algorithms to ask for: a server has keys of several types, and must show the one that is known. */
  readonly algorithms: readonly ServerHostKeyAlgorithm[] | undefined;
  /** Undefined when the key is right. */
  readonly judge: (shown: Buffer) => HostError | undefined;
  /** What is said when the server has no key of a type that is known. */
  readonly noSuchType: () => HostError;
}

const algorithmsOf = (type: string): readonly ServerHostKeyAlgorithm[] => {
  switch (type) {
    case "ssh-rsa":
      return ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"];
    case "ssh-ed25519":
    case "ecdsa-sha2-nistp256":
    case "ecdsa-sha2-nistp384":
    case "ecdsa-sha2-nistp521":
      return [type];
    default:
      return [];
  }
};

const scanCommand = (hop: Hop): string => `ssh-keyscan -p ${hop.port} ${hop.host} | tee /dev/stderr | ssh-keygen -lf -`;

const describe = (keys: readonly Buffer[]): string =>
  keys.map((key) => `${keyTypeOf(key)} ${fingerprintOf(key)}`).join(" or ");

const mismatch = (hop: Hop, source: string, expected: string, shown: string): HostError =>
  new HostError(
    "host-key-mismatch",
    hop.name,
    `${hop.name}: ${addressOf(hop)} shows ${shown}, but ${source} says ${expected}. Either the host was reinstalled or someone is in between. ` +
      `Compare with \`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub\` on the host's console; when it is right, change ${source}. Nothing was sent.`,
  );

/** A key pinned as `TYPE BASE64 [comment]`, or as a fingerprint. */
const pinnedCheck = (hop: Hop, pinned: string): HostKeyCheck => {
  const source = "the connection's hostKey";
  const fingerprint = /SHA256:[A-Za-z0-9+/]{43}/.exec(pinned)?.[0];
  const blob = /(?:^|\s)(AAAA[A-Za-z0-9+/]+=*)/.exec(pinned)?.[1];
  if (fingerprint === undefined && blob === undefined)
    throw new HostError(
      "host-key-mismatch",
      hop.name,
      `${hop.name}: the connection's hostKey is neither \`ssh-ed25519 AAAA…\` nor \`SHA256:…\`. \`${scanCommand(hop)}\` prints both; compare before you trust them.`,
    );
  const key = blob === undefined ? undefined : Buffer.from(blob, "base64");
  const wanted = key === undefined ? (fingerprint ?? "") : fingerprintOf(key);
  const expected = key === undefined ? wanted : describe([key]);
  return {
    algorithms: key === undefined ? undefined : algorithmsOf(keyTypeOf(key)),
    judge: (shown) =>
      fingerprintOf(shown) === wanted ? undefined : mismatch(hop, source, expected, describe([shown])),
    noSuchType: () => mismatch(hop, source, expected, "no key of that type"),
  };
};

const knownCheck = (hop: Hop): HostKeyCheck => {
  const known = lookUpKnownHosts(hop.knownHostsFiles, hop.hostKeyName, hop.port);
  const algorithms = [...new Set(known.keys.flatMap((key) => algorithmsOf(keyTypeOf(key))))];
  const judge = (shown: Buffer): HostError | undefined => {
    if (known.revoked.some((key) => key.equals(shown)))
      return mismatch(hop, "known_hosts", "that this key is revoked", describe([shown]));
    if (known.keys.some((key) => key.equals(shown))) return undefined;
    if (known.keys.length > 0) return mismatch(hop, "known_hosts", describe(known.keys), describe([shown]));
    const authority = known.hasAuthority
      ? " known_hosts names a certificate authority for it, but host certificates are not supported."
      : "";
    return new HostError(
      "host-key-unknown",
      hop.name,
      `${hop.name}: nothing says which key ${addressOf(hop)} should have; it shows ${describe([shown])}.${authority} When that is what \`ssh-keygen -lf\` prints on the host's console, ` +
        `set \`hostKey: "${keyTypeOf(shown)} ${shown.toString("base64")}"\` in its connection, or add it to ~/.ssh/known_hosts (\`ssh-keyscan -p ${hop.port} ${hop.host}\`). Nothing was sent.`,
    );
  };
  return {
    algorithms: algorithms.length > 0 ? algorithms : undefined,
    judge,
    noSuchType: () => mismatch(hop, "known_hosts", describe(known.keys), "no key of that type"),
  };
};

/** The check of a hop's key: against the pinned one, else against known_hosts. There is no third way. */
export const hostKeyCheckFor = (hop: Hop): HostKeyCheck =>
  hop.hostKey === undefined ? knownCheck(hop) : pinnedCheck(hop, hop.hostKey);
