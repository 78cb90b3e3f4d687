import { z } from "zod";

/** The fields of one SSH hop: names and defaults of \@pulumi/command's `remote.Connection` 1.2. */
const hop = {
  /** Name or address, or an alias of `~/.ssh/config`. */
  host: z.string().min(1).max(255),
  /** Default 22. */
  port: z.number().int().min(1).max(65535).optional(),
  /** Default root. */
  user: z.string().min(1).max(64).optional(),
  password: z.string().optional(),
  /** The key itself (PEM or OpenSSH), not its path. */
  privateKey: z.string().optional(),
  privateKeyPassword: z.string().optional(),
  /** Default: the environment's SSH_AUTH_SOCK. */
  agentSocketPath: z.string().optional(),
  /** The host's public key as sshd prints it (`ssh-ed25519 AAAA…`). Default: looked up in known_hosts; an unknown key is always refused. */
  hostKey: z.string().optional(),
  /** Attempts to reach the host (not to authenticate: that is tried once). Default 10; 0 or less: without end. */
  dialErrorLimit: z.number().int().optional(),
  /** Seconds for one attempt. Default 15; 0 or less: no limit. */
  perDialTimeout: z.number().int().optional(),
};

export type ProxyConnection = {
  [Field in keyof typeof hop]?: z.infer<(typeof hop)[Field]>;
} & { host: string; proxy?: ProxyConnection };

const proxySchema: z.ZodType<ProxyConnection> = z.lazy(() =>
  z.strictObject({ ...hop, proxy: proxySchema.optional() }),
) as z.ZodType<ProxyConnection>;

/** How a hypervisor is reached. What authenticates need not be here: see `host/credentials`. */
export const connectionSchema = z.strictObject({
  ...hop,
  /** The bastion in front, itself a connection: any depth. */
  proxy: proxySchema.optional(),
  /** Run the host script through `sudo -n`. Default: only when `user` is not root. */
  sudo: z.boolean().optional(),
});

export type Connection = z.infer<typeof connectionSchema>;
