import { connect, type Socket } from "node:net";
import { LabError } from "./lab-error.ts";
import { waitUntil } from "./wait-until.ts";

export interface GuestResult {
  readonly status: number;
  /** Standard output and standard error together. */
  readonly stdout: string;
}

const channels = new Map<string, GuestChannel>();

/** The process's channel to a guest: QEMU serves one connection at a time. */
export function guestChannel(path: string): GuestChannel {
  const channel = channels.get(path) ?? new GuestChannel(path);
  channels.set(path, channel);
  return channel;
}

/** The runner's end of a guest's serial line: requests side by side, each answered by its number. */
class GuestChannel {
  readonly #path: string;
  readonly #waiting = new Map<string, (result: GuestResult) => void>();
  #socket: Promise<Socket> | undefined;
  #received = "";
  #requests = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Undefined when there was no answer in time. */
  async ask(command: string, seconds: number): Promise<GuestResult | undefined> {
    if (command.includes("\n")) throw new LabError("lab_guest", "a guest takes commands of one line");
    const socket = await this.#connected();
    this.#requests += 1;
    // The process is in it: another one may have asked before on the same line, and left.
    const id = `${process.pid}.${this.#requests}`;
    return await new Promise((resolve) => {
      const timer = setTimeout(() => this.#waiting.get(id)?.({ status: -1, stdout: "" }), seconds * 1000);
      this.#waiting.set(id, (result) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(result.status === -1 ? undefined : result);
      });
      socket.write(`${id} ${command}\n`);
    });
  }

  /**
   * Waits until the guest answers. It is asked again and again, for what comes before it listens is lost; each time with more
   * patience, for on a busy computer the answer comes late, and nobody would wait for it any more.
   */
  async untilListening(guest: string, seconds: number): Promise<void> {
    let patience = 0.5;
    await waitUntil(guest, seconds, async () => {
      try {
        const answer = await this.ask("true", patience);
        patience = Math.min(2 * patience, 30);
        return answer;
      } catch {
        // QEMU has not made the socket yet.
        return undefined;
      }
    });
  }

  close(): void {
    this.#socket?.then((socket) => socket.destroy()).catch(() => {});
    this.#socket = undefined;
  }

  #connected(): Promise<Socket> {
    this.#socket ??= new Promise((resolve, reject) => {
      const socket = connect(this.#path);
      socket.once("connect", () => resolve(socket));
      socket.once("error", reject);
      socket.on("data", (chunk) => this.#receive(chunk.toString("latin1")));
      socket.on("close", () => {
        this.#socket = undefined;
      });
      // An idle guest keeps no program from ending.
      socket.unref();
    });
    return this.#socket;
  }

  #receive(text: string): void {
    const lines = (this.#received + text).split("\n");
    this.#received = lines.pop() ?? "";
    for (const line of lines) {
      const [, id = "", status = "", output = ""] = /(\d+\.\d+) (\d+) ([\w+/=]*)\r?$/.exec(line) ?? [];
      this.#waiting.get(id)?.({ status: Number(status), stdout: Buffer.from(output, "base64").toString() });
    }
  }
}

export type { GuestChannel };
