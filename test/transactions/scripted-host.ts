import { setTimeout as sleep } from "node:timers/promises";
import type { Answer, Host, Request, Step, StepResult, TransactionStep } from "../../provider/host/host.ts";
import { HostError } from "../../provider/host/host-error.ts";

/** What happens on the host, and on the way there. Seconds are those since the host was made. */
export interface Script {
  /** From the beginning until the change is made. Default 1. */
  readonly changeSeconds?: number;
  /** What its steps end with. Default: one, which says `made`. */
  readonly results?: readonly StepResult[];
  /** The last of them ended the change: the host takes it back by itself. */
  readonly fails?: boolean;
  /** From the host's decision until all is as before. Default 1. */
  readonly takingBackSeconds?: number;
  /** What is not as before then. Default: nothing. */
  readonly differs?: string;
  /** What the beginning says where it is not possible. Default: it is. */
  readonly refuses?: string;
  /** When it is restarted. Default: never. */
  readonly restartsAt?: number;
  /** Before a request gets there: what it throws keeps it from that. */
  readonly before?: (request: Request, host: ScriptedHost) => void | Promise<void>;
  /** Behind it: what it throws is instead of the answer. */
  readonly behind?: (request: Request, host: ScriptedHost) => void | Promise<void>;
  /** What the steps of other verbs end with. Default: with nothing. */
  readonly answer?: (step: Step, host: ScriptedHost) => Partial<StepResult> | undefined;
}

interface Noted {
  /** The acts of a transaction, else the verbs: `begin+proceed`. */
  readonly what: string;
  readonly request: Request;
  /** When it was sent. */
  readonly at: number;
  /** Over which connection: they are counted from 1. */
  readonly connection: number;
}

type Begun = Extract<TransactionStep, { act: "begin" }>;

const roundTripMilliseconds = 20;
const succeeded: StepResult = { status: 0, stdout: "", stderr: "" };
const failed = (stderr: string): StepResult => ({ status: 1, stdout: "", stderr });

/** A host that answers as the host script does of which provider/host/script/transaction-verb.ts is a part. */
export class ScriptedHost implements Host {
  readonly name = "hv1";
  readonly generation = 0;
  readonly asked: Noted[] = [];
  readonly #script: Script;
  readonly #made = performance.now();
  #connection = 1;
  #begun: Begun | undefined;
  #state = "none";
  #ends = Number.POSITIVE_INFINITY;
  #proceeds = Number.POSITIVE_INFINITY;
  #restores = 0;

  constructor(script: Script = {}) {
    this.#script = script;
  }

  get seconds(): number {
    return (performance.now() - this.#made) / 1000;
  }

  /** For what takes longer. */
  pass(seconds: number): Promise<void> {
    return sleep(seconds * 1000);
  }

  /** Everything that was asked for in a transaction, in order. */
  get acts(): string[] {
    return this.asked.filter(({ request }) => request.steps[0]?.verb === "transaction").map(({ what }) => what);
  }

  /** The request of one act. */
  only(act: string): Noted {
    const [found, ...others] = this.asked.filter(({ what }) => what === act);
    if (found === undefined || others.length > 0) throw new Error(`${others.length + 1} requests to ${act}, or none`);
    return found;
  }

  reconnect(): void {
    this.#connection += 1;
  }

  async request(request: Request): Promise<Answer> {
    const what = request.steps.map((step) => (step.verb === "transaction" ? step.act : step.verb)).join("+");
    this.asked.push({ what, request, at: this.seconds, connection: this.#connection });
    await sleep(roundTripMilliseconds);
    await this.#script.before?.(request, this);
    const results: StepResult[] = [];
    for (const step of request.steps) {
      const result = this.#do(step);
      results.push(result);
      if (result.status === 0 || step.mayFail === true) continue;
      await this.#script.behind?.(request, this);
      return { results, failed: results.length - 1 };
    }
    await this.#script.behind?.(request, this);
    return { results };
  }

  #do(step: Step): StepResult {
    if (step.verb !== "transaction") return { ...succeeded, ...this.#script.answer?.(step, this) };
    this.#catchUp();
    if (step.act === "begin") {
      if (this.#script.refuses !== undefined) return failed(this.#script.refuses);
      this.#begun = step;
      this.#state = "armed";
      this.#ends = this.seconds + step.seconds;
      return succeeded;
    }
    const begun = step.nonce === this.#begun?.nonce ? this.#begun : undefined;
    if (step.act === "outcome")
      return begun === undefined ? { ...succeeded, stdout: "none\n\n" } : this.#outcome(begun);
    if (step.act === "close") {
      if (!["armed", "done", "reverting"].includes(this.#state)) this.#begun = undefined;
      return succeeded;
    }
    if (begun === undefined) return failed(`there is no transaction ${step.nonce} on this host (any more)\n`);
    if (step.act === "proceed") this.#proceeds = this.seconds;
    else if (step.act === "revert") this.#takeBack(this.seconds);
    else if (this.#state !== "done") return failed(`too late: ${this.#state}\n`);
    else this.#state = "committed";
    return succeeded;
  }

  /** What the host has done by itself meanwhile. */
  #catchUp(): void {
    const { changeSeconds = 1, takingBackSeconds = 1, fails = false, differs } = this.#script;
    const { restartsAt = Number.POSITIVE_INFINITY } = this.#script;
    if (this.seconds >= restartsAt) this.#begun = undefined;
    const made = this.#proceeds + changeSeconds;
    if (this.#state === "armed" && this.seconds >= made && made < this.#ends) {
      if (fails) this.#takeBack(made);
      else this.#state = "done";
    }
    if (this.seconds >= this.#ends) this.#takeBack(this.#ends);
    if (this.#state === "reverting" && this.seconds >= this.#restores + takingBackSeconds)
      this.#state = differs === undefined ? "reverted" : "revert_failed";
  }

  #takeBack(at: number): void {
    if (this.#state !== "armed" && this.#state !== "done") return;
    this.#state = "reverting";
    this.#restores = at;
  }

  get #results(): readonly StepResult[] {
    return this.#script.results ?? [{ ...succeeded, stdout: "made" }];
  }

  #outcome({ nonce }: Begun): StepResult {
    const isOver = this.#state === "revert_failed";
    const printed = this.#state === "armed" ? [] : this.#results;
    const out = printed.map(({ stdout, status }, index) => `${stdout}${nonce} 1 ${index} ${status}\n`);
    const errors = printed.map(({ stderr }, index) => `${stderr}${nonce} 1 ${index}\n`);
    return {
      status: 0,
      stdout: `${this.#state}\n${isOver ? (this.#script.differs ?? "") : ""} \n${out.join("")}${nonce} 1 \n`,
      stderr: errors.join(""),
    };
  }
}

/** What a lane says of a connection that is lost, and of one that does not come about. */
export const unreachable = (): HostError =>
  new HostError("host-unreachable", "hv1", "hv1: nothing answers on port 22.");
export const noAnswer = (): HostError =>
  new HostError("no-answer", "hv1", "hv1: no answer within 5 s. Nothing was to be changed.");
export const outcomeUnknown = (): HostError =>
  new HostError(
    "outcome-unknown",
    "hv1",
    "hv1: the connection broke before the answer, so it is not known whether this was done.",
  );
