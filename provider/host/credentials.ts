import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import type { AnyAuthMethod, ParsedKey } from "ssh2";
import ssh2 from "ssh2";
import { fingerprintOf } from "./fingerprint.ts";
import { addressOf, type Hop } from "./hop.ts";
import { HostError } from "./host-error.ts";

/** What the Pulumi configuration says for hosts whose connection says nothing. */
export interface ConfiguredCredentials {
  readonly user?: string | undefined;
  readonly privateKey?: string | undefined;
  readonly privateKeyPassword?: string | undefined;
  readonly password?: string | undefined;
}

let configured: ConfiguredCredentials = {};

/** Called by the adapter when the engine configures the provider; used for dials from then on. */
export const useConfiguredCredentials = (credentials: ConfiguredCredentials): void => {
  configured = credentials;
};

export const configuredUser = (): string | undefined => configured.user;

/** One way to authenticate, and how a message names it. Never the secret itself. */
export interface Credential {
  readonly method: AnyAuthMethod;
  readonly label: string;
}

export interface Credentials {
  readonly offered: readonly Credential[];
  /** What was found and can't be used, with the reason. */
  readonly skipped: readonly string[];
}

const parseKey = (text: string | Buffer, passphrase: string | undefined): ParsedKey | string => {
  const key: ParsedKey | Error | ParsedKey[] = ssh2.utils.parseKey(text, passphrase);
  const first = Array.isArray(key) ? key[0] : key;
  if (first === undefined) return "it holds no key";
  if (first instanceof Error) {
    if (/no passphrase|encrypted/i.test(first.message) && passphrase === undefined)
      return "it is encrypted and no passphrase is given";
    if (/passphrase|integrity|decrypt/i.test(first.message)) return "its passphrase is wrong";
    return "it is not a private key in PEM or OpenSSH format";
  }
  return first.isPrivateKey() ? first : "it is a public key";
};

const nameKey = (label: string, key: ParsedKey): string =>
  `${label} (${key.type} ${fingerprintOf(key.getPublicSSH())})`;

/**
 * Everything that may open a hop, in the order of who said it most explicitly: the connection, the environment, an agent,
 * key files, the Pulumi configuration. All are offered within one connection, for one attempt is all there is.
 */
export const credentialsFor = (hop: Hop): Credentials => {
  const username = hop.user;
  const offered: Credential[] = [];
  const skipped: string[] = [];
  const { env } = process;
  const environmentPassphrase = env.PULUMI_KVM_NETWORK_PRIVATE_KEY_PASSWORD;

  const addKey = (label: string, text: string, passphrase: string | undefined): void => {
    const key = parseKey(text, passphrase);
    if (typeof key !== "string")
      offered.push({ method: { type: "publickey", username, key }, label: nameKey(label, key) });
    else
      throw new HostError(
        "authentication-failed",
        hop.name,
        `${hop.name}: ${label} can't be used for ${username}@${addressOf(hop)}: ${key}. Set it right; nothing was tried.`,
      );
  };
  const addPassword = (label: string, password: string): void => {
    offered.push({ method: { type: "password", username, password }, label });
    // Hosts that authenticate through PAM often ask for the password instead of taking it.
    offered.push({
      method: {
        type: "keyboard-interactive",
        username,
        prompt: (_name, _instructions, _language, prompts, finish) =>
          finish(prompts.map(({ echo }) => (echo === true ? "" : password))),
      },
      label: `${label}, when asked for it`,
    });
  };

  if (hop.privateKey !== undefined) addKey("the connection's privateKey", hop.privateKey, hop.privateKeyPassword);
  if (hop.password !== undefined) addPassword("the connection's password", hop.password);
  if (env.PULUMI_KVM_NETWORK_PRIVATE_KEY)
    addKey("PULUMI_KVM_NETWORK_PRIVATE_KEY", env.PULUMI_KVM_NETWORK_PRIVATE_KEY, environmentPassphrase);
  if (env.PULUMI_KVM_NETWORK_PASSWORD && !hop.isBastion)
    addPassword("PULUMI_KVM_NETWORK_PASSWORD", env.PULUMI_KVM_NETWORK_PASSWORD);
  if (hop.agentSocketPath) {
    if (existsSync(hop.agentSocketPath))
      offered.push({
        method: { type: "agent", username, agent: hop.agentSocketPath },
        label: `the agent at ${hop.agentSocketPath}`,
      });
    else skipped.push(`the agent at ${hop.agentSocketPath} (no such socket)`);
  }
  const passphrase = hop.privateKeyPassword ?? environmentPassphrase ?? configured.privateKeyPassword;
  for (const file of hop.identityFiles) {
    if (!existsSync(file)) continue;
    const key = parseKey(readFileSync(file), passphrase);
    if (typeof key === "string") skipped.push(`the key file ${basename(file)} (${key})`);
    else
      offered.push({
        method: { type: "publickey", username, key },
        label: nameKey(`the key file ${basename(file)}`, key),
      });
  }
  if (configured.privateKey)
    addKey("the configuration's kvm-network:privateKey", configured.privateKey, configured.privateKeyPassword);
  if (configured.password && !hop.isBastion)
    addPassword("the configuration's kvm-network:password", configured.password);
  return { offered, skipped };
};
