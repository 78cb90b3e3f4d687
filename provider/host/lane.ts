import { isDeepStrictEqual } from "node:util";
import { announceChange } from "./announce-change.ts";
import { dial } from "./dial.ts";
import { encodeRequest } from "./encode-request.ts";
import { exchange } from "./exchange.ts";
import { counted, gathered } from "./gathering.ts";
import type { Hop } from "./hop.ts";
import type { Answer, Host, Request } from "./host.ts";
import { HostError } from "./host-error.ts";
import { type Outcome, type Session, Shell } from "./shell.ts";
import { statisticsOf } from "./statistics.ts";
import { type LostChange, supersede } from "./supersede.ts";

/** What the next dial uses: the newest the program gave for this host. */
export interface Target {
  readonly hop: Hop;
  readonly sudo: boolean;
}

const defaultDeadlineSeconds = 30;

/** A connection silent for this long may be half dead; a change is not what finds that out. */
const provenForMilliseconds = 20_000;
const proofSeconds = 5;

const proof = "request 0\nend\n";

/** Errors that another dial with the same connection would only repeat, and that lock accounts when repeated. */
const finalCodes = new Set<string>([
  "authentication-failed",
  "host-key-mismatch",
  "host-key-unknown",
  "sudo-refused",
  "helper-differs",
]);
const finalForMilliseconds = 60_000;

interface Queued {
  readonly request: Request;
  readonly text: string;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: HostError) => void;
  /** Changes nothing, was sent before, and its answer never came. */
  isRepeated: boolean;
  /** When somebody else's transaction was first in its way (milliseconds of the process's clock). */
  busySince?: number;
  /** When that was last told. */
  busyTold?: number;
}

/** A transaction ends by itself: by default within a minute and the time that it takes to take it back. */
const busyMilliseconds = 100_000;
const busyPauseMilliseconds = 1000;
const busyTellMilliseconds = 10_000;

const failedStep = ({ steps }: Request, { results }: Answer): number | undefined => {
  const last = results.length - 1;
  return results[last]?.status !== 0 && steps[last]?.mayFail !== true ? last : undefined;
};

/** One host: its connection, and the lane that its requests travel in. */
export class Lane implements Host {
  readonly name: string;
  generation = 0;
  /** The newest first; those behind it are what older states still give. */
  readonly #targets: Target[];
  readonly #queue: Queued[] = [];
  /** By the session that was at a change when its connection broke: nobody is asked anything before it is over. */
  readonly #lost = new Map<Session, LostChange>();
  #shell: Shell | undefined;
  #isDriving = false;
  #lastId = 0;
  #isToReconnect = false;
  #final: { readonly error: HostError; readonly until: number } | undefined;

  constructor(target: Target) {
    this.name = target.hop.name;
    this.#targets = [target];
  }

  /** Newer credentials for the next dial; what was given before keeps its place. */
  retarget(target: Target): void {
    if (this.#targets.some((known) => isDeepStrictEqual(known, target))) return;
    this.#targets.unshift(target);
    this.#final = undefined;
  }

  request(request: Request): Promise<Answer> {
    if (request.steps.length === 0) return Promise.resolve({ results: [] });
    const answer = new Promise<Answer>((resolve, reject) => {
      this.#lastId += 1;
      const text = encodeRequest(this.name, this.#lastId, request);
      this.#queue.push({ request, text, resolve, reject, isRepeated: false });
      void this.#drive();
    });
    return request.mayGather === true ? counted(answer) : answer;
  }

  reconnect(): void {
    this.#isToReconnect = true;
  }

  close(): void {
    this.#shell?.close();
    this.#shell = undefined;
  }

  async #drive(): Promise<void> {
    if (this.#isDriving) return;
    this.#isDriving = true;
    // Whoever asks in the same breath travels along.
    await undefined;
    while (this.#queue.length > 0) {
      try {
        await this.#roundTrip();
      } catch (error) {
        const reason =
          error instanceof HostError
            ? error
            : new HostError("host-unreachable", this.name, `${this.name}: ${error}`, { cause: error });
        for (const { reject } of this.#queue.splice(0)) reject(reason);
      }
    }
    this.#isDriving = false;
  }

  async #roundTrip(): Promise<void> {
    if (this.#queue.every(({ request }) => request.mayGather === true)) await gathered();
    const shell = await this.#openShell();
    for (const [session, lost] of this.#lost) {
      await supersede(shell, session, lost);
      this.#lost.delete(session);
    }
    const batch = this.#queue.splice(0).filter((queued) => this.#mayLeave(queued));
    if (batch.length === 0) return;
    const statistics = statisticsOf(this.name);
    statistics.roundTrips += 1;
    statistics.requests += batch.length;
    await exchange(
      shell,
      batch.map((queued) => ({
        text: queued.text,
        deadlineSeconds: queued.request.deadlineSeconds ?? defaultDeadlineSeconds,
        settle: (outcome) => this.#settle(shell, queued, outcome),
      })),
    );
  }

  async #openShell(): Promise<Shell> {
    if (this.#isToReconnect) this.close();
    this.#isToReconnect = false;
    const open = this.#shell;
    if (open?.isOpen && open.silentFor > provenForMilliseconds && this.#queue.some(({ request }) => request.change))
      await exchange(open, [{ text: proof, deadlineSeconds: proofSeconds, settle: () => undefined }]);
    if (open?.isOpen) return open;
    if (this.#final !== undefined && performance.now() < this.#final.until) throw this.#final.error;
    try {
      this.#shell = await this.#start();
      statisticsOf(this.name).connections += 1;
      return this.#shell;
    } catch (error) {
      if (error instanceof HostError && finalCodes.has(error.code))
        this.#final = { error, until: performance.now() + finalForMilliseconds };
      throw error;
    }
  }

  /** A credential that was rotated away stands in states for long: others that were given are tried, each once. */
  async #start(): Promise<Shell> {
    const tried = new Set<Target>();
    for (;;) {
      const target = this.#targets.find((each) => !tried.has(each));
      if (target === undefined) throw new Error(`${this.name}: nothing left to try`);
      tried.add(target);
      try {
        const connection = await dial(target.hop);
        this.#targets.splice(this.#targets.indexOf(target), 1);
        this.#targets.unshift(target);
        return await Shell.start(connection, target.sudo);
      } catch (error) {
        const refused = error instanceof HostError && error.code === "authentication-failed";
        if (!refused || tried.size >= this.#targets.length) throw error;
      }
    }
  }

  /** A change is announced first, and makes what was observed old. */
  #mayLeave({ request, reject, busySince }: Queued): boolean {
    if (request.change === undefined) return true;
    if (busySince === undefined && !this.#announce(request.change, reject)) return false;
    this.generation += 1;
    return true;
  }

  #announce(text: string, reject: Queued["reject"]): boolean {
    try {
      announceChange(this.name, text);
      return true;
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      reject(error);
      return false;
    }
  }

  #settle({ session }: Shell, queued: Queued, outcome: Outcome): void {
    const { request, resolve, reject } = queued;
    const { change, deadlineSeconds: seconds = defaultDeadlineSeconds } = request;
    if (change !== undefined) this.generation += 1;
    if (change !== undefined && session !== undefined && (outcome === "lost" || outcome === "late"))
      this.#lost.set(session, this.#lost.get(session) ?? { change, seconds });
    if (outcome === "lost" && request.change === undefined && !queued.isRepeated) {
      queued.isRepeated = true;
      this.#queue.unshift(queued);
    } else if (outcome === "lost" || outcome === "late") reject(this.#noAnswer(request, outcome));
    else if ("busy" in outcome) this.#wait(queued, outcome.busy.trim());
    else if ("refused" in outcome)
      reject(
        new HostError(
          "script-refused",
          this.name,
          `${this.name}: the host script does not do this, so nothing was done: ${outcome.refused.trim().slice(0, 500)}`,
        ),
      );
    else {
      const failed = failedStep(request, outcome);
      resolve(failed === undefined ? outcome : { ...outcome, failed });
    }
  }

  /** Nothing of it was done: it is asked again, until it has waited long enough. */
  #wait(queued: Queued, holder: string): void {
    const now = performance.now();
    const since = queued.busySince ?? now;
    queued.busySince = since;
    const what = queued.request.change ?? "look at its network";
    if (now - since > busyMilliseconds) {
      const waited = Math.round(busyMilliseconds / 1000);
      const message = `${this.name}: ${holder}. Waited ${waited} s; nothing was done of this: ${what}. Do it again when that is over.`;
      queued.reject(new HostError("host-busy", this.name, message));
      return;
    }
    if (queued.busyTold === undefined || now - queued.busyTold > busyTellMilliseconds) {
      queued.busyTold = now;
      // Nor is it done for somebody who does not listen any more.
      if (!this.#announce(`${what}: waits, ${holder}`, queued.reject)) return;
    }
    setTimeout(() => {
      this.#queue.push(queued);
      void this.#drive();
    }, busyPauseMilliseconds);
  }

  #noAnswer({ change, deadlineSeconds = defaultDeadlineSeconds }: Request, outcome: "lost" | "late"): HostError {
    const why = outcome === "late" ? `no answer within ${deadlineSeconds} s` : "the connection broke before the answer";
    if (change === undefined)
      return new HostError(
        "no-answer",
        this.name,
        `${this.name}: ${why}. Nothing was to be changed. Is a command hanging there (\`ps\` on the host)?`,
      );
    return new HostError(
      "outcome-unknown",
      this.name,
      `${this.name}: ${why}, so it is not known whether this was done: ${change}.`,
    );
  }
}
