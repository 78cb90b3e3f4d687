import { connect, type Socket } from "node:net";
import { LabError } from "./lab-error.ts";
import { waitUntil } from "./wait-until.ts";

export interface ChannelResult {
  readonly status: number;
  /** Standard output and standard error together. */
  readonly stdout: string;
}

/** One that is not answered yet; `output`: what came of it, in base64. */
interface Request {
  output: string;
  readonly end: (status: number | undefined) => void;
}

const channels = new Map<string, CommandChannel>();

/** The process's channel to what QEMU runs: QEMU serves one connection at a time. */
export function commandChannel(path: string): CommandChannel {
  const channel = channels.get(path) ?? new CommandChannel(path);
  channels.set(path, channel);
  return channel;
}

/** The runner's end of a line where a shell serves commands (serve-commands.sh): side by side, each answered by its number. */
class CommandChannel {
  readonly #path: string;
  readonly #open = new Map<string, Request>();
  #socket: Promise<Socket> | undefined;
  #received = "";
  #asked = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Undefined when there was no answer in time. */
  async ask(command: string, seconds: number): Promise<ChannelResult | undefined> {
    if (command.includes("\n")) throw new LabError("lab_channel", "a channel takes commands of one line");
    const socket = await this.#connected();
    this.#asked += 1;
    // The process is in it: another one may have asked before on the same line, and left.
    const id = `${process.pid}.${this.#asked}`;
    return await new Promise((resolve) => {
      const request: Request = {
        output: "",
        end: (status) => {
          clearTimeout(timer);
          this.#open.delete(id);
          const stdout = Buffer.from(request.output, "base64").toString();
          resolve(status === undefined ? undefined : { status, stdout });
        },
      };
      const timer = setTimeout(() => request.end(undefined), seconds * 1000);
      this.#open.set(id, request);
      socket.write(`${id} ${command}\n`);
    });
  }

  /**
   * Waits until there are answers. It is asked again and again, for what comes before it listens is lost; each time with more
   * patience, for on a busy computer the answer comes late, and nobody would wait for it any more.
   */
  async untilListening(what: string, seconds: number): Promise<void> {
    let patience = 0.5;
    await waitUntil(what, seconds, async () => {
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
      const [, id = "", end, text = ""] = /(\d+\.\d+) (= )?([\w+/=]+)\r?$/.exec(line) ?? [];
      const request = this.#open.get(id);
      if (end !== undefined) request?.end(Number(text));
      else if (request !== undefined) request.output += text;
    }
  }
}

export type { CommandChannel };
