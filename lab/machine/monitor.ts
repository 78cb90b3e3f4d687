import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { z } from "zod";
import { LabError } from "../lab-error.ts";
import type { Namespace } from "../namespace.ts";
import { waitUntil } from "../wait-until.ts";

/** Where QEMU listens for QMP, in JSON lines (QEMU's docs/interop/qmp-spec.rst). */
export const monitorSocket = (namespace: Namespace): string => join(namespace.folder, "qmp");

const messageSchema = z.object({
  event: z.string().optional(),
  return: z.unknown().optional(),
  error: z.object({ desc: z.string() }).optional(),
});

const jobsSchema = z.array(z.object({ id: z.string(), status: z.string(), error: z.string().optional() }));

/** A conversation with a machine's QEMU, which takes one at a time. */
export class Monitor {
  readonly #name: string;
  readonly #socket: Socket;
  readonly #events: string[] = [];
  readonly #answers: z.infer<typeof messageSchema>[] = [];
  #rest = "";
  #ended = false;

  constructor(name: string, socket: Socket) {
    this.#name = name;
    this.#socket = socket;
    socket.setEncoding("utf8").on("data", (text: string) => this.#hear(text));
    socket.on("close", () => (this.#ended = true));
  }

  #hear(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      const message = messageSchema.parse(JSON.parse(line));
      if (message.event !== undefined) this.#events.push(message.event);
      else if (message.error !== undefined || "return" in message) this.#answers.push(message);
    }
  }

  /** Why there is nothing to wait for any more; undefined while QEMU runs. */
  failure(): string | undefined {
    return this.#ended ? "it let go of its monitor" : undefined;
  }

  async execute(command: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    this.#socket.write(`${JSON.stringify({ execute: command, arguments: args })}\n`);
    const { error, ...answer } = await this.#wait(`QEMU's answer to ${command}`, 60, () => this.#answers.shift());
    if (error !== undefined) throw new LabError("lab_machine", `${command} of ${this.#name}: ${error.desc}`);
    return answer.return;
  }

  /** Waits for an event that comes after the conversation began. */
  async event(name: string, seconds: number): Promise<void> {
    await this.#wait(`QEMU's event ${name}`, seconds, () => this.#events.includes(name) || undefined);
  }

  /** Runs one of the commands that only begin a job, to the job's end. */
  async job(command: string, args: Readonly<Record<string, unknown>>): Promise<void> {
    const id = command;
    await this.execute(command, { "job-id": id, ...args });
    const { error } = await this.#wait(`the end of ${command}`, 120, async () => {
      const jobs = jobsSchema.parse(await this.execute("query-jobs"));
      return jobs.find((job) => job.id === id && job.status === "concluded");
    });
    await this.execute("job-dismiss", { id });
    if (error !== undefined) throw new LabError("lab_machine", `${command} of ${this.#name}: ${error}`);
  }

  #wait<Value>(what: string, seconds: number, look: () => Value | undefined | Promise<Value | undefined>) {
    return waitUntil(`${what} (${this.#name})`, seconds, () => {
      if (this.#ended) throw new LabError("lab_machine", `QEMU of ${this.#name} ended: the lab must be started anew`);
      return look();
    });
  }
}

export async function withMonitor<Value>(
  namespace: Namespace,
  use: (monitor: Monitor) => Promise<Value>,
): Promise<Value> {
  const socket = await new Promise<Socket>((resolve, reject) => {
    const opened = connect(monitorSocket(namespace));
    opened.once("connect", () => resolve(opened));
    opened.once("error", ({ message }) =>
      reject(new LabError("lab_machine", `QEMU of ${namespace.name} does not run (${message}): start the lab anew`)),
    );
  });
  // What goes wrong later ends the connection, which every wait notices.
  socket.on("error", () => {});
  const monitor = new Monitor(namespace.name, socket);
  try {
    await monitor.execute("qmp_capabilities");
    return await use(monitor);
  } finally {
    socket.destroy();
  }
}
