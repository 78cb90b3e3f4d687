import type { Host } from "../host/host.ts";
import { readNetwork } from "./read-network.ts";
import { parseSections } from "./sections.ts";

/** What NetworkManager says of one link. */
export interface NetworkProfile {
  /** How far it is with it, in its own numbers: NM_DEVICE_STATE_… (100: activated); undefined: it does not answer. */
  readonly state: number | undefined;
  /** The profile that the link has, without what is secret there; undefined: none, or one that is in no keyfile. */
  readonly profile: { readonly path: string; readonly text: string } | undefined;
  /** By which servers of leases know the link, in hexadecimal with colons. */
  readonly clientId: string | undefined;
  readonly duid: string | undefined;
  readonly iaid6: string | undefined;
  /** By which its routes go. */
  readonly metrics: { readonly inet: number | undefined; readonly inet6: number | undefined };
  /** Somebody has had it note what the network is, to take it back to that later. */
  readonly hasCheckpoint: boolean;
}

const valueIn = (text: string, key: string): string | undefined =>
  text
    .split("\n")
    .find((each) => each.startsWith(`${key}=`))
    ?.slice(key.length + 1) || undefined;

const numberOf = (text: string | undefined) =>
  text !== undefined && /^\d+/.test(text) ? Number.parseInt(text, 10) : undefined;

/** What the `facts` verb printed of one link's network; undefined: NetworkManager has no part in it. */
export const parseNetworkProfile = (host: string, output: string): NetworkProfile | undefined => {
  const sections = parseSections(host, output);
  const textOf = (subject: string) => sections.find((each) => each.subject[0] === subject && each.status === 0)?.text;
  const device = textOf("device");
  if (device === undefined) return undefined;
  const metrics = textOf("metrics") ?? "";
  const found = sections.find(({ subject }) => subject[0] === "profile");
  const [, ...path] = found?.subject ?? [];
  return {
    state: numberOf(textOf("general")),
    profile: found && { path: path.join(" "), text: found.text },
    clientId: valueIn(device, "dhcp4.dhcp_client_identifier"),
    duid: valueIn(device, "dhcp6.dhcp6_client_id"),
    iaid6: valueIn(device, "dhcp6.iaid"),
    metrics: { inet: numberOf(valueIn(metrics, "inet")), inet6: numberOf(valueIn(metrics, "inet6")) },
    // The number of them, behind the type of the list.
    hasCheckpoint: /^ao [1-9]/.test(textOf("checkpoints") ?? ""),
  };
};

export const readNetworkProfile = (host: Host, link: string): Promise<NetworkProfile | undefined> =>
  readNetwork(host, link, parseNetworkProfile);
