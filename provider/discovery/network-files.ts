import type { Host } from "../host/host.ts";
import { readNetwork } from "./read-network.ts";
import { parseSections } from "./sections.ts";

/** What systemd-networkd says of one link. */
export interface NetworkFiles {
  /** The .network file that it has, and behind it its drop-ins in the order in which they count. Empty: networkd leaves it alone. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
  /** By which the lease is known to the server, in hexadecimal (RFC 4361). */
  readonly clientId?: string;
  /** The IAID that DHCPv6 asks with. */
  readonly iaid6?: number;
}

/** `KEY=value` of networkd's own files, which systemd calls private: whatever is not found there is not known. */
const valueIn = (text: string, key: string): string | undefined =>
  new RegExp(`^${key}=(.+)$`, "m").exec(text)?.[1] ?? undefined;

/** systemd.unit(5): of drop-ins of one name the one of the strongest folder counts alone; they are read in the order of their names. */
const inOrder = (dropIns: NetworkFiles["files"]): NetworkFiles["files"] => {
  const nameOf = (path: string) => path.slice(path.lastIndexOf("/") + 1);
  const byName = new Map(dropIns.map((each) => [nameOf(each.path), each]));
  return [...byName].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, each]) => each);
};

/** What the `facts` verb printed of one link's network. The weakest folder's drop-ins come first. */
export const parseNetworkFiles = (host: string, output: string): NetworkFiles => {
  const sections = parseSections(host, output);
  const textOf = (subject: string) => sections.find((each) => each.subject[0] === subject && each.status === 0)?.text;
  const [file, ...dropIns] = sections
    .filter(({ subject, status }) => subject[0] === "file" && status === 0)
    .map(({ subject: [, ...path], text }) => ({ path: path.join(" "), text }));
  const lease = textOf("lease") ?? "";
  const clientId = valueIn(lease, "CLIENTID");
  const iaid6 = valueIn(textOf("state") ?? "", "DHCP6_CLIENT_IAID");
  return {
    files: file === undefined ? [] : [file, ...inOrder(dropIns)],
    ...(clientId === undefined ? {} : { clientId }),
    ...(iaid6 === undefined ? {} : { iaid6: Number(iaid6) }),
  };
};

export const readNetworkFiles = (host: Host, link: string): Promise<NetworkFiles> =>
  readNetwork(host, link, parseNetworkFiles);
