import { useConfiguredCredentials } from "../host/credentials.ts";
import { forgetHosts } from "../resources/forgotten-hosts.ts";
import { KvmNetworkError } from "../schema/error.ts";

interface Configuration {
  readonly config: { get(key: string): string | undefined };
}

const isConfiguration = (value: unknown): value is Configuration =>
  typeof value === "object" && value !== null && "config" in value;

/** What destroy and refresh can be told by, for they get the configuration of the last update. */
const forgetHostsVariable = "PULUMI_KVM_NETWORK_FORGET_HOSTS";

/** `a, b`, or `["a", "b"]` as `pulumi config set --path` keeps it. */
const hostsIn = (name: string, text: string): readonly string[] => {
  if (!text.trim().startsWith("[")) return text.split(",").flatMap((name) => name.trim() || []);
  try {
    const list: unknown = JSON.parse(text);
    if (Array.isArray(list) && list.every((name) => typeof name === "string")) return list;
  } catch {
    // Told below, with what is wanted.
  }
  throw new KvmNetworkError(
    "bad-configuration",
    `${name} is neither names with commas between them nor a JSON list of names: ${text}`,
  );
};

/** Takes over the Pulumi configuration that the engine hands to the provider. */
export const configure = (request: unknown): void => {
  if (!isConfiguration(request)) return;
  const value = (name: string) => request.config.get(`kvm-network:${name}`);
  useConfiguredCredentials({
    user: value("user"),
    password: value("password"),
    privateKey: value("privateKey"),
    privateKeyPassword: value("privateKeyPassword"),
  });
  forgetHosts([
    ...hostsIn("kvm-network:forgetHosts", value("forgetHosts") ?? ""),
    ...hostsIn(forgetHostsVariable, process.env[forgetHostsVariable] ?? ""),
  ]);
};
