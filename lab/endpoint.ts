import { closeSync, constants, openSync, readSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { run } from "./command.ts";
import { decode, encode, experimental, type Frame } from "./frame.ts";
import type { Lab } from "./lab.ts";
import { LabError } from "./lab-error.ts";
import { enter, enterNetwork, type Namespace } from "./namespace.ts";

/** Stands for a VM: sends and receives frames where its NIC would be. */
export interface Endpoint {
  /** The link that carries it: `macvtap0`. */
  readonly link: string;
  readonly mac: string;
  /** Sends a frame from this endpoint's MAC, unless it says another. */
  send(frame: Omit<Frame, "from"> & { readonly from?: string }): void;
  /** Sends a whole frame as it is, header included. */
  sendBytes(frame: Uint8Array): void;
  /** Takes what has arrived since last asked (experimental frames only: those of tests). */
  take(): Required<Frame>[];
  /** Takes the first frame that is as wanted, and leaves the others; undefined when none came in that time. */
  received(wanted: (frame: Required<Frame>) => boolean, milliseconds: number): Promise<Required<Frame> | undefined>;
  /** Lets go of it, and removes the links that were made for it. */
  close(): Promise<void>;
}

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
  await ip(namespace, "link", "set", "dev", port, "master", bridge, "up");
  await ip(namespace, "link", "set", "dev", nic, "up");
  await ip(namespace, "link", "add", "link", nic, "name", tap, "type", "macvtap", "mode", "passthru");
  // A guest behind a tap hears every group; this macvtap's own filter must not stand before it.
  await ip(namespace, "link", "set", "dev", tap, "allmulticast", "on");
  return await open(namespace, tap, () => ip(namespace, "link", "del", "dev", port));
}

const ip = async (namespace: Namespace, ...args: string[]): Promise<void> => {
  await run(enterNetwork(namespace, ["ip", ...args]));
};

async function open(namespace: Namespace, link: string, remove: () => Promise<void>): Promise<Endpoint> {
  await ip(namespace, "link", "set", "dev", link, "up");
  const look = 'cd "/sys/class/net/$1" && cat address && cat macvtap/tap*/dev';
  const [mac = "", numbers = ""] = (await run(enter(namespace, ["sh", "-c", look, "sh", link]))).split("\n");
  const [major, minor] = numbers.split(":");
  if (major === undefined || minor === undefined) throw new LabError("lab_endpoint", `${link} is no macvtap`);
  // A node of its own: /dev/tapN may be another namespace's, or missing.
  const node = join(namespace.folder, `tap-${link}`);
  rmSync(node, { force: true });
  await run(["mknod", "-m", "600", node, "c", major, minor]);
  const file = openSync(node, constants.O_RDWR | constants.O_NONBLOCK);
  return new TapEndpoint(link, mac, file, async () => {
    rmSync(node, { force: true });
    await remove();
  });
}

class TapEndpoint implements Endpoint {
  readonly link: string;
  readonly mac: string;
  readonly #file: number;
  readonly #remove: () => Promise<void>;
  readonly #arrived: Required<Frame>[] = [];
  readonly #buffer = Buffer.alloc(largestFrame);

  constructor(link: string, mac: string, file: number, remove: () => Promise<void>) {
    this.link = link;
    this.mac = mac;
    this.#file = file;
    this.#remove = remove;
  }

  send(frame: Omit<Frame, "from"> & { readonly from?: string }): void {
    this.sendBytes(encode({ from: this.mac, ...frame }));
  }

  sendBytes(frame: Uint8Array): void {
    writeSync(this.#file, Buffer.concat([Buffer.alloc(headerLength), frame]));
  }

  take(): Required<Frame>[] {
    this.#drain();
    return this.#arrived.splice(0);
  }

  async received(wanted: (frame: Required<Frame>) => boolean, milliseconds: number) {
    const deadline = performance.now() + milliseconds;
    for (;;) {
      this.#drain();
      const index = this.#arrived.findIndex(wanted);
      if (index >= 0) return this.#arrived.splice(index, 1)[0];
      if (performance.now() > deadline) return undefined;
      await delay(2);
    }
  }

  async close(): Promise<void> {
    closeSync(this.#file);
    await this.#remove();
  }

  #drain(): void {
    for (let bytes = this.#read(); bytes !== undefined; bytes = this.#read()) {
      const frame = decode(bytes);
      if (frame.etherType === experimental) this.#arrived.push(frame);
    }
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
