import { homedir } from "node:os";
import { join } from "node:path";
import type { Connection, ProxyConnection } from "../schema/connection.ts";
import { configuredUser } from "./credentials.ts";
import type { Hop } from "./hop.ts";
import { HostError } from "./host-error.ts";
import { readSshConfig, type SshConfig } from "./ssh-config.ts";

/** OpenSSH's own, in its order. */
const defaultIdentityFiles = ["id_rsa", "id_ecdsa", "id_ed25519"];

/** A chain of bastions longer than this is one that leads back to itself. */
const maxHops = 8;

/** `user@host:port`, `[address]:port` or `ssh://…`, the elements of ProxyJump. */
const parseJump = (jump: string): { host: string; user?: string; port?: number } | undefined => {
  const match = /^(?:ssh:\/\/)?(?:([^@]+)@)?(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d+))?$/.exec(jump.trim());
  const host = match?.[2] ?? match?.[3];
  if (host === undefined) return undefined;
  return { host, ...(match?.[1] && { user: match[1] }), ...(match?.[4] && { port: Number(match[4]) }) };
};

const proxyOf = (connection: Connection | ProxyConnection, config: SshConfig): ProxyConnection | undefined => {
  if (connection.proxy !== undefined) return connection.proxy;
  const isSet = (value: string | undefined) => value !== undefined && value.toLowerCase() !== "none";
  if (config.proxyJump === undefined && isSet(config.proxyCommand))
    throw new HostError(
      "host-unreachable",
      connection.host,
      `${connection.host}: its ProxyCommand in the SSH configuration is not supported; use ProxyJump, or give the connection a \`proxy\`.`,
    );
  if (config.proxyJump === undefined || !isSet(config.proxyJump)) return undefined;
  let proxy: ProxyConnection | undefined;
  for (const text of config.proxyJump.split(",")) {
    const jump = parseJump(text);
    if (jump === undefined)
      throw new HostError(
        "host-unreachable",
        connection.host,
        `${connection.host}: \`ProxyJump ${config.proxyJump}\` in the SSH configuration is not understood; give the connection a \`proxy\`.`,
      );
    proxy = proxy === undefined ? jump : { ...jump, proxy };
  }
  return proxy;
};

const agentOf = (connection: Connection | ProxyConnection, config: SshConfig): string | undefined => {
  if (connection.agentSocketPath !== undefined) return connection.agentSocketPath;
  const configured = config.identityAgent;
  if (configured === undefined || configured === "SSH_AUTH_SOCK") return process.env.SSH_AUTH_SOCK;
  if (configured === "none") return undefined;
  if (configured.startsWith("$")) return process.env[configured.replace(/^\$\{?(.*?)\}?$/, "$1")];
  return configured.replace(/^~(?=\/)/, homedir());
};

/**
 * What the program says about a connection, completed by `~/.ssh/config` and the defaults (those of \@pulumi/command, user
 * root included).
 */
export const resolveHop = (connection: Connection | ProxyConnection, behind = 0): Hop => {
  const name = connection.host;
  if (behind > maxHops)
    throw new HostError(
      "host-unreachable",
      name,
      `${name}: more than ${maxHops} bastions in a row: do they lead back to themselves?`,
    );
  const config = readSshConfig(name);
  const proxy = proxyOf(connection, config);
  const ssh = join(homedir(), ".ssh");
  const host = config.hostName ?? name;
  return {
    name,
    host,
    port: connection.port ?? config.port ?? 22,
    user: connection.user ?? config.user ?? configuredUser() ?? "root",
    password: connection.password,
    privateKey: connection.privateKey,
    privateKeyPassword: connection.privateKeyPassword,
    agentSocketPath: agentOf(connection, config),
    identityFiles:
      config.identityFiles.length > 0 ? config.identityFiles : defaultIdentityFiles.map((file) => join(ssh, file)),
    hostKey: connection.hostKey,
    hostKeyName: config.hostKeyAlias ?? host,
    knownHostsFiles: [
      ...(config.userKnownHostsFiles ?? [join(ssh, "known_hosts"), join(ssh, "known_hosts2")]),
      ...(config.globalKnownHostsFiles ?? ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"]),
    ],
    dialErrorLimit: connection.dialErrorLimit ?? 10,
    perDialTimeoutSeconds: connection.perDialTimeout ?? 15,
    proxy: proxy === undefined ? undefined : resolveHop(proxy, behind + 1),
    isBastion: behind > 0,
  };
};
