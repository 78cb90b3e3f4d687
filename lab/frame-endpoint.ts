import { setTimeout as delay } from "node:timers/promises";
import { type Arrived, decode, encode, experimental, type Frame } from "./frame.ts";

/** Stands for a VM, or for a host's own stack: sends and receives frames where its NIC would be. */
export abstract class Endpoint {
  /** The link that carries it: `macvtap0`. */
  readonly link: string;
  readonly mac: string;
  readonly #arrived: Arrived[] = [];

  constructor(link: string, mac: string) {
    this.link = link;
    this.mac = mac;
  }

  /** Sends a frame from this endpoint's MAC, unless it says another. */
  send(frame: Omit<Frame, "from"> & { readonly from?: string }): void {
    this.sendBytes(encode({ from: this.mac, ...frame }));
  }

  /** Sends a whole frame as it is, header included. */
  abstract sendBytes(frame: Uint8Array): void;

  /** Takes what has arrived since last asked (experimental frames only: those of tests). */
  take(): Arrived[] {
    this.drain();
    return this.#arrived.splice(0);
  }

  /** Takes the first frame that is as wanted, and leaves the others; undefined when none came in that time. */
  async received(wanted: (frame: Arrived) => boolean, milliseconds: number): Promise<Arrived | undefined> {
    const deadline = performance.now() + milliseconds;
    for (;;) {
      this.drain();
      const index = this.#arrived.findIndex(wanted);
      if (index >= 0) return this.#arrived.splice(index, 1)[0];
      if (performance.now() > deadline) return undefined;
      await delay(2);
    }
  }

  /** Lets go of it, and removes the links that were made for it. */
  abstract close(): Promise<void>;

  /** Fetches what waits outside, where it does not come by itself. */
  protected drain(): void {}

  protected arrive(bytes: Buffer): void {
    const frame = decode(bytes);
    if (frame.etherType === experimental) this.#arrived.push(frame);
  }
}
