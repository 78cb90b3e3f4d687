import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import ssh2, { type Client } from "ssh2";
import { type Credential, type Credentials, credentialsFor } from "./credentials.ts";
import { addressOf, type Hop } from "./hop.ts";
import { HostError } from "./host-error.ts";
import { type HostKeyCheck, hostKeyCheckFor } from "./host-key-check.ts";

/** Keeps a NAT's entry alive, and finds out about a dead peer half a minute later. */
const keepAliveMilliseconds = 15_000;

/** Before the next address of a name with several is tried: Node's default of 250 ms is shorter than some round trips. */
const addressFamilyMilliseconds = 3000;

/** A plain socket to the first hop. Nagle's algorithm would hold each request back for 40 ms. */
const openSocket = ({ host, port }: Hop): Socket =>
  connect({
    host,
    port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: keepAliveMilliseconds,
    autoSelectFamilyAttemptTimeout: addressFamilyMilliseconds,
  });

/** Through a bastion: the connection it opens for us, which it may be slow to find out that it can't. */
const openTunnel = (bastion: Client, { host, port, perDialTimeoutSeconds }: Hop): Promise<Duplex> =>
  new Promise((resolve, reject) => {
    const late = (): void => reject(new Error("the bastion did not reach it in time"));
    const timer = perDialTimeoutSeconds > 0 ? setTimeout(late, perDialTimeoutSeconds * 1000) : undefined;
    bastion.forwardOut("127.0.0.1", 0, host, port, (error, channel) => {
      clearTimeout(timer);
      if (error) reject(new Error(`the bastion says: ${error.message}`, { cause: error }));
      else resolve(channel);
    });
  });

/** Offers each credential once, those first that the host takes. */
const nextCredential = (hop: Hop, credentials: readonly Credential[], accepted: Set<string>) => {
  const left = [...credentials];
  return (methods: readonly string[] | null): Credential["method"] | false => {
    // The first question only asks what the host accepts, which does not count as an attempt.
    if (methods === null) return { type: "none", username: hop.user };
    for (const method of methods) accepted.add(method);
    const next = left.findIndex(({ method: { type } }) => methods.includes(type === "agent" ? "publickey" : type));
    return next < 0 ? false : (left.splice(next, 1)[0]?.method ?? false);
  };
};

const authenticationError = (
  hop: Hop,
  { offered, skipped }: Credentials,
  accepted: ReadonlySet<string>,
  said: string,
): HostError => {
  const list = (items: readonly string[]): string => (items.length === 0 ? "nothing" : items.join("; "));
  const unused = skipped.length === 0 ? "" : ` Not usable: ${list(skipped)}.`;
  return new HostError(
    "authentication-failed",
    hop.name,
    `${hop.name}: ${hop.user}@${addressOf(hop)} did not let us in (${said}); tried once, not again. It accepts ${list([...accepted])}; there was to offer: ${list(offered.map(({ label }) => label))}.${unused} ` +
      "Give a key by ssh-agent, ~/.ssh, PULUMI_KVM_NETWORK_PRIVATE_KEY or the connection's privateKey, and see that its public half stands in the account's authorized_keys.",
  );
};

/** ssh2's errors carry where they come from. */
type Ssh2Error = Error & { readonly level?: string; readonly code?: unknown };

const classify = (
  error: Ssh2Error,
  hop: Hop,
  check: HostKeyCheck,
  credentials: Credentials,
  accepted: ReadonlySet<string>,
): Error => {
  if (error.level === "client-authentication")
    return authenticationError(hop, credentials, accepted, "none of the credentials was accepted");
  // A numeric code is the reason of the server's own disconnect message: too many attempts, or the account is locked.
  if (accepted.size > 0 && typeof error.code === "number")
    return authenticationError(hop, credentials, accepted, error.message);
  if (/no matching host key/i.test(error.message)) return check.noSuchType();
  if (error.level === "handshake")
    return new HostError(
      "host-unreachable",
      hop.name,
      `${hop.name}: ${addressOf(hop)} speaks SSH, but not ours: ${error.message}.`,
      { cause: error },
    );
  return error;
};

/**
 * One attempt: TCP (or a bastion's tunnel), handshake, host key, authentication. Rejects with a HostError when another
 * attempt would end the same way.
 */
export const dialOnce = async (
  hop: Hop,
  bastion: Client | undefined,
): Promise<{ client: Client; socket: Socket | undefined }> => {
  const check = hostKeyCheckFor(hop);
  const credentials = credentialsFor(hop);
  const accepted = new Set<string>();
  const socket = bastion === undefined ? openSocket(hop) : undefined;
  const stream = socket ?? (bastion && (await openTunnel(bastion, hop)));
  const client = new ssh2.Client();
  return new Promise((resolve, reject) => {
    let refusal: HostError | undefined;
    const fail = (error: Ssh2Error): void => {
      // ssh2 goes on to the next credential.
      if (error.level === "agent") return;
      reject(refusal ?? classify(error, hop, check, credentials, accepted));
      client.destroy();
    };
    // Stays for the whole life of the connection: an error without a listener would end the process.
    client.on("error", fail);
    client.on("close", () => fail(new Error("the connection was closed before it was ready")));
    client.once("ready", () => resolve({ client, socket }));
    client.connect({
      ...(stream && { sock: stream }),
      username: hop.user,
      readyTimeout: Math.max(0, hop.perDialTimeoutSeconds) * 1000,
      authHandler: nextCredential(hop, credentials.offered, accepted),
      hostVerifier: (key: Buffer) => {
        refusal = check.judge(key);
        return refusal === undefined;
      },
      ...(check.algorithms && { algorithms: { serverHostKey: [...check.algorithms] } }),
    });
  });
};
