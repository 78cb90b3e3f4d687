import { closeSync, readSync, writeSync } from "node:fs";
import { run } from "./command.ts";
import { Endpoint } from "./frame-endpoint.ts";
import type { Lab } from "./lab.ts";
import { enterNetwork, type Namespace } from "./namespace.ts";
import { openTap } from "./tap.ts";

export type { Endpoint } from "./frame-endpoint.ts";

/** Flags of a macvtap's character device when nothing is asked (drivers/net/tap.c): every frame has a virtio_net_hdr before it. */
const headerLength = 10;

const largestFrame = 65_600;

/** An endpoint on a macvtap that is there, such as the provider makes. Brings it up. */
export async function openMacvtap(lab: Lab, hypervisor: string, link: string): Promise<Endpoint> {
  return await open(lab.namespace(hypervisor), link, async () => {});
}

/** An endpoint on a new macvtap on an uplink. `mode` as `ip link` has it. */
export async function addMacvtap(
  lab: Lab,
  hypervisor: string,
  options: {
    readonly link: string;
    readonly uplink: string;
    readonly mode: "bridge" | "vepa" | "private" | "passthru";
    readonly mac?: string;
  },
): Promise<Endpoint> {
  const namespace = lab.namespace(hypervisor);
  const { link, uplink, mode, mac } = options;
  const address = mac === undefined ? [] : ["address", mac];
  await ip(namespace, "link", "add", "link", uplink, "name", link, ...address, "type", "macvtap", "mode", mode);
  return await open(namespace, link, () => ip(namespace, "link", "del", "dev", link));
}

/**
 * An endpoint on a new port of a Linux bridge. The port is a veth in place of a VM's tap; a macvtap in passthru mode on its
 * other end gives a device to read and write. `port` is the name of the bridge's port, at most 12 characters.
 */
export async function addBridgePort(
  lab: Lab,
  hypervisor: string,
  options: { readonly port: string; readonly bridge: string; readonly mac?: string },
): Promise<Endpoint> {
  const namespace = lab.namespace(hypervisor);
  const { port, bridge, mac } = options;
  const address = mac === undefined ? [] : ["address", mac];
  const [nic, tap] = [`${port}-n`, `${port}-t`];
  await ip(namespace, "link", "add", "name", port, "type", "veth", "peer", "name", nic, ...address);
  for (const link of [port, nic]) await silence(namespace, link);
  await ip(namespace, "link", "set", "dev", port, "master", bridge, "up");
  await ip(namespace, "link", "set", "dev", nic, "up");
  await ip(namespace, "link", "add", "link", nic, "name", tap, "type", "macvtap", "mode", "passthru");
  // A guest behind a tap hears every group; this macvtap's own filter must not stand before it.
  await ip(namespace, "link", "set", "dev", tap, "allmulticast", "on");
  return await open(namespace, tap, () => ip(namespace, "link", "del", "dev", port));
}

/** The host's own IPv6 would send with the VM's address: a bridge then learns anew where the VM is, whoever has been told what. */
const silence = async (namespace: Namespace, link: string): Promise<void> => {
  const script = 'echo 1 >"/proc/sys/net/ipv6/conf/$1/disable_ipv6"';
  await run(enterNetwork(namespace, ["sh", "-c", script, "sh", link]));
};

const ip = async (namespace: Namespace, ...args: string[]): Promise<void> => {
  await run(enterNetwork(namespace, ["ip", ...args]));
};

async function open(namespace: Namespace, link: string, remove: () => Promise<void>): Promise<Endpoint> {
  await silence(namespace, link);
  const { file, mac } = await openTap(namespace, link);
  return new TapEndpoint(link, mac, file, remove);
}

class TapEndpoint extends Endpoint {
  readonly #file: number;
  readonly #remove: () => Promise<void>;
  readonly #buffer = Buffer.alloc(largestFrame);

  constructor(link: string, mac: string, file: number, remove: () => Promise<void>) {
    super(link, mac);
    this.#file = file;
    this.#remove = remove;
  }

  override sendBytes(frame: Uint8Array): void {
    writeSync(this.#file, Buffer.concat([Buffer.alloc(headerLength), frame]));
  }

  override async close(): Promise<void> {
    closeSync(this.#file);
    await this.#remove();
  }

  protected override drain(): void {
    for (let bytes = this.#read(); bytes !== undefined; bytes = this.#read()) this.arrive(bytes);
  }

  #read(): Buffer | undefined {
    try {
      const length = readSync(this.#file, this.#buffer);
      return Buffer.from(this.#buffer.subarray(headerLength, length));
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EAGAIN") return undefined;
      throw error;
    }
  }
}
