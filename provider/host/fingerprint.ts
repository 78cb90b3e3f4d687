import { createHash } from "node:crypto";

/** A public key's fingerprint as `ssh-keygen -l` prints it. */
export const fingerprintOf = (publicKey: Buffer): string =>
  `SHA256:${createHash("sha256").update(publicKey).digest("base64").replace(/=+$/, "")}`;

/** The type that a public key (RFC 4253, section 6.6: a string, then the rest) says it is. */
export const keyTypeOf = (publicKey: Buffer): string =>
  publicKey.length < 4 ? "" : publicKey.toString("latin1", 4, 4 + publicKey.readUInt32BE(0));
