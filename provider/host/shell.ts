import { randomBytes } from "node:crypto";
import type { ClientChannel } from "ssh2";
import type { SshConnection } from "./dial.ts";
import { type Frame, FrameReader } from "./frame-reader.ts";
import type { Answer } from "./host.ts";
import { encodedHostScript } from "./script/host-script.ts";
import { startCommand } from "./script/start-command.ts";
import { ConnectionBroke, startError } from "./start-error.ts";

/** What became of a request: its answer, or `late` (its own deadline passed), or `lost` (the shell broke before it answered). */
export type Outcome = Answer | "lost" | "late" | { readonly refused: string } | { readonly busy: string };

/** A request on its way: its lines, and who waits for the outcome. */
export interface Sent {
  readonly text: string;
  readonly deadlineSeconds: number;
  readonly settle: (outcome: Outcome) => void;
}

/** The largest answer of a real host (the XML of hundreds of domains) is a few MB. */
const maxOutputBytes = 64_000_000;

/** sudo's PAM modules may ask a slow directory service. */
const startSeconds = 30;

/** A run of the host script: its process, when that began, and in which boot of the host. */
export interface Session {
  readonly pid: string;
  readonly began: string;
  readonly bootId: string;
}

const sessionOf = ({ words: [, , pid = "", began = "", bootId = ""] }: Frame): Session => ({ pid, began, bootId });

const isRequestEnd = ([, second]: readonly string[]): boolean =>
  second === undefined || second === "refused" || second === "busy";

/**
 * One long-lived shell on a host, running the host script. It answers requests in the order they were sent. When it breaks,
 * or a request whose turn it is takes longer than its deadline, every request not yet answered is settled and the
 * connection is closed.
 */
export class Shell {
  readonly connection: SshConnection;
  readonly #channel: ClientChannel;
  readonly #out: FrameReader;
  readonly #err: FrameReader;
  readonly #waiting: Sent[] = [];
  /** Frames of the request being answered, and the standard errors of its steps: they come on a stream of their own. */
  readonly #frames: Frame[] = [];
  readonly #errors: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #session: Session | undefined;
  #answeredAt = performance.now();
  #open = true;

  private constructor(connection: SshConnection, channel: ClientChannel, nonce: string) {
    this.connection = connection;
    this.#channel = channel;
    this.#out = new FrameReader(nonce, maxOutputBytes);
    this.#err = new FrameReader(nonce, maxOutputBytes);
  }

  /** Starts the host script, through sudo where asked. */
  static async start(connection: SshConnection, sudo: boolean): Promise<Shell> {
    const channel = await connection.exec(startCommand(sudo));
    const nonce = randomBytes(16).toString("hex");
    const shell = new Shell(connection, channel, nonce);
    try {
      await shell.#greet(`${encodedHostScript}\n${nonce}\n`);
    } catch (error) {
      connection.close();
      throw startError(connection, sudo, shell.#err.rest(), error);
    }
    return shell;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** What its greeting told of it. */
  get session(): Session | undefined {
    return this.#session;
  }

  /** Milliseconds since it last said something. */
  get silentFor(): number {
    return performance.now() - this.#answeredAt;
  }

  /** All leave in one write. */
  send(requests: readonly Sent[]): void {
    if (!this.#open) {
      for (const { settle } of requests) settle("lost");
      return;
    }
    const idle = this.#waiting.length === 0;
    this.#waiting.push(...requests);
    this.#channel.write(requests.map(({ text }) => text).join(""));
    if (idle) this.#startClock();
  }

  close(): void {
    this.#end("lost");
  }

  #greet(script: string): Promise<void> {
    return new Promise((resolve, reject) => {
      let streams = 2;
      const timer = setTimeout(
        () => reject(new Error(`nothing was heard within ${startSeconds} s`)),
        startSeconds * 1000,
      );
      const guarded = (reader: FrameReader, take: (frame: Frame) => void) => {
        let greeted = false;
        return (chunk: Buffer): void => {
          try {
            for (const frame of reader.push(chunk)) {
              if (greeted) {
                take(frame);
                continue;
              }
              greeted = true;
              if (frame.words[0] === "hello") this.#session = sessionOf(frame);
              if (--streams > 0) continue;
              clearTimeout(timer);
              resolve();
            }
          } catch {
            this.#end("lost");
          }
        };
      };
      this.#channel.on(
        "data",
        guarded(this.#out, (frame) => this.#takeFrame(frame)),
      );
      this.#channel.stderr.on(
        "data",
        guarded(this.#err, ({ body }) => this.#takeError(body)),
      );
      const ended = (why: Error) => (): void => {
        clearTimeout(timer);
        reject(why);
        this.#end("lost");
      };
      this.#channel.on("close", ended(new Error("it ended")));
      this.#channel.on("error", ended(new Error("it ended")));
      this.connection.onClose(ended(new ConnectionBroke("the session was cut off")));
      this.#channel.write(script);
    });
  }

  #takeFrame(frame: Frame): void {
    this.#frames.push(frame);
    this.#answer();
  }

  #takeError(body: Buffer): void {
    this.#errors.push(body.toString());
    this.#answer();
  }

  /** Settles the requests of which both streams have said everything. */
  #answer(): void {
    for (;;) {
      const stepCount = this.#frames.findIndex(({ words }) => isRequestEnd(words));
      const end = this.#frames[stepCount];
      if (end === undefined || this.#errors.length < stepCount) return;
      const steps = this.#frames.splice(0, stepCount + 1).slice(0, -1);
      const errors = this.#errors.splice(0, stepCount);
      const sent = this.#waiting.shift();
      this.#answeredAt = performance.now();
      this.#startClock();
      const results = steps.map(({ body, words }, index) => ({
        status: Number(words[2]),
        stdout: body.toString(),
        stderr: errors[index] ?? "",
      }));
      const [, instead] = end.words;
      const text = end.body.toString();
      sent?.settle(instead === "refused" ? { refused: text } : instead === "busy" ? { busy: text } : { results });
    }
  }

  /** A request's time runs from when its turn comes. */
  #startClock(): void {
    clearTimeout(this.#timer);
    const [first] = this.#waiting;
    if (first !== undefined && this.#open)
      this.#timer = setTimeout(() => this.#end("late"), first.deadlineSeconds * 1000);
  }

  #end(first: "lost" | "late"): void {
    if (!this.#open) return;
    this.#open = false;
    clearTimeout(this.#timer);
    this.connection.close();
    for (const [index, { settle }] of this.#waiting.splice(0).entries()) settle(index === 0 ? first : "lost");
  }
}
