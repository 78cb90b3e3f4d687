import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { commandFailed, requestOrThrow } from "./command-failed.ts";
import { encodeRequest } from "./encode-request.ts";
import type { Answer, Host, Request, TransactionStep } from "./host.ts";
import { HostError } from "./host-error.ts";
import { readOutcome, type TransactionOutcome } from "./transaction-outcome.ts";

/** A change that may cut the host off. */
export interface Transaction {
  /** Who asks: the resource's mark. */
  readonly owner: string;
  /** What for, in one line, as in {@link Request}. */
  readonly change: string;
  readonly steps: Request["steps"];
  /** The links that are brought back to what they are now, unless the change is confirmed. */
  readonly links: readonly string[];
  /** The links that the steps make: they go again. */
  readonly made: readonly string[];
  /** Seconds from its beginning until the host takes it back by itself. */
  readonly rollbackSeconds: number;
  /**
   * Asked over a connection that is made behind the change: what keeps it from being confirmed. Asked again until there is nothing, or
   * time is up. An answer of the host's is to be waited for no longer than the seconds that it is given.
   */
  readonly problem: (deadlineSeconds: number) => Promise<string | undefined>;
}

/** To say yes in time takes a round trip, over a connection that may have to be made again. */
const confirmSeconds = 4;
/** From the host's own decision until all is as before: a link that comes up, duplicates that are looked for. */
const takingBackSeconds = 45;
const pauseMilliseconds = 200;
/** Behind a change that lets small packets through alone, an answer never comes: it is asked again, over another connection. */
const askSeconds = 5;
/** So something that is larger than any packet is asked for as well: the host script. */
const largeFile = "/run/pulumi-kvm-network/txn/script";

/**
 * Makes a change with a dead man's switch: the host takes it back by itself unless it is confirmed in time over a new connection
 * (docs/transactions.md). Resolves to the steps' results when it was.
 *
 * @throws HostError `taken-back`, and the host is as before; `not-taken-back`, and it may not be; `host-busy`, `command-failed` (of the
 * beginning: there was no watchdog to be had), `outcome-unknown` (the host was restarted meanwhile), and nothing was done or is left.
 */
export const transact = async (host: Host, transaction: Transaction): Promise<Answer> => {
  const nonce = randomBytes(16).toString("hex");
  const ask = (act: Exclude<TransactionStep["act"], "begin">): Request => ({
    steps: [{ verb: "transaction", act, nonce }],
    transaction: nonce,
    deadlineSeconds: askSeconds,
  });
  await begin(host, transaction, nonce);
  // The watchdog is what is started last, and may have waited for somebody else's transaction before. It decides, not this clock.
  const until = performance.now() + transaction.rollbackSeconds * 1000;
  const problem = await confirmed(host, transaction, nonce, ask, until);
  if (problem !== undefined)
    await host.request({ ...ask("revert"), deadlineSeconds: takingBackSeconds }).catch(ignored);
  const outcome = await settled(host, ask("outcome"), nonce, until);
  await host.request(ask("close")).catch(ignored);
  if (outcome.state === "committed") return outcome.answer;
  throw failure(host, transaction, outcome, problem);
};

const ignored = (): undefined => undefined;

/** The watchdog first, and the change only when that waits; both in one request, that nothing comes in between. */
const begin = async (host: Host, transaction: Transaction, nonce: string): Promise<void> => {
  const { change, steps, links, made, owner, rollbackSeconds: seconds } = transaction;
  const begun: TransactionStep = {
    verb: "transaction",
    act: "begin",
    nonce,
    seconds,
    owner,
    links,
    made,
    request: encodeRequest(host.name, 1, { steps }),
  };
  const both: Request["steps"] = [begun, { verb: "transaction", act: "proceed", nonce }];
  const request: Request = {
    steps: both,
    change: `${change} (the host takes it back after ${seconds} s unless confirmed)`,
  };
  try {
    const answer = await host.request({ ...request, transaction: nonce, deadlineSeconds: seconds });
    if (answer.failed !== undefined) throw commandFailed(host, both, answer);
  } catch (error) {
    // What became of it is asked next, over a new connection.
    if (!(error instanceof HostError && error.code === "outcome-unknown")) throw error;
  }
};

/** Waits for the change to be done, probes, and confirms; else why not. */
const confirmed = async (
  host: Host,
  { change, problem }: Transaction,
  nonce: string,
  ask: (act: "outcome" | "commit") => Request,
  until: number,
): Promise<string | undefined> => {
  const lastMoment = until - confirmSeconds * 1000;
  // Fresh TCP, authentication, host key: what was open may live on where nobody new gets in.
  host.reconnect();
  let why = "it was not done in time";
  let isHurried = false;
  for (; performance.now() < lastMoment; await sleep(pauseMilliseconds)) {
    try {
      const { state } = await look(host, ask("outcome"), nonce);
      if (state === "armed") continue;
      if (state !== "done") return why;
      const seconds = Math.ceil(Math.min(askSeconds, (lastMoment - performance.now()) / 1000));
      isHurried = seconds < askSeconds;
      const found = await afterShortAnswer(host, async () => {
        const probed = await problem(seconds);
        if (probed === undefined)
          await requestOrThrow(host, { steps: [{ verb: "read", path: largeFile }], deadlineSeconds: seconds });
        return probed;
      });
      if (found === undefined) {
        const { failed, results } = await host.request({ ...ask("commit"), change: `${change}: confirmed` });
        if (failed === undefined) return undefined;
        // Too late, by a moment: the next look tells.
        why = results[failed]?.stderr.trim() ?? why;
      } else why = found;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const { code } = error instanceof HostError ? error : {};
      // Who had no time to answer tells nothing new.
      if (code !== "no-answer" || !isHurried) why = error.message;
      if (code === "engine-gone") return why;
      host.reconnect();
    }
  }
  return why;
};

const afterShortAnswer = async <T>(host: Host, ask: () => Promise<T>): Promise<T> => {
  try {
    return await ask();
  } catch (cause) {
    const message = `${host.name}: a short answer comes and a longer one does not: is the MTU larger than the path's?`;
    throw cause instanceof HostError && cause.code === "no-answer"
      ? new HostError("no-answer", host.name, message, { cause })
      : cause;
  }
};

const look = async (host: Host, request: Request, nonce: string): Promise<TransactionOutcome> => {
  const { results } = await host.request(request);
  return readOutcome(results[0]?.stdout ?? "", results[0]?.stderr ?? "", nonce);
};

/** How it ended: asked for until the host has had the time to take it back. */
const settled = async (host: Host, request: Request, nonce: string, until: number): Promise<TransactionOutcome> => {
  const lastMoment = until + takingBackSeconds * 1000;
  for (;;) {
    try {
      const outcome = await look(host, request, nonce);
      const isOver = !["armed", "done", "reverting"].includes(outcome.state);
      if (isOver || performance.now() > lastMoment) return outcome;
    } catch (error) {
      if (!(error instanceof HostError) || performance.now() > lastMoment) throw error;
      host.reconnect();
    }
    await sleep(pauseMilliseconds);
  }
};

const failure = (
  host: Host,
  { change, steps }: Transaction,
  { state, said, answer }: TransactionOutcome,
  problem: string | undefined,
): HostError => {
  // The last one that was done may be one whose failure ended nothing.
  const isFailure = answer.failed !== undefined && steps[answer.failed]?.mayFail !== true;
  const failed = isFailure ? commandFailed(host, steps, answer) : undefined;
  const why = failed?.message ?? problem ?? "it was not confirmed";
  const wanted = `${host.name}: ${change}: ${why.replace(/\.$/, "")}.`;
  const options = failed === undefined ? {} : { cause: failed };
  switch (state) {
    case "reverted":
      return new HostError(
        "taken-back",
        host.name,
        `${wanted} The host has taken it back: its network is as before.`,
        options,
      );
    case "none": {
      const next = "Its network is as before, or as after a start: `pulumi refresh` shows it";
      return new HostError(
        "outcome-unknown",
        host.name,
        `${wanted} The host knows nothing of it: it was not begun, or the host was restarted meanwhile. ${next}.`,
        options,
      );
    }
    default: {
      const what = `What was begun could not be taken back (${state}): ${said}`;
      const next = "See to the host's network before anything else; /run/pulumi-kvm-network/txn there has what it was";
      return new HostError("not-taken-back", host.name, `${wanted} ${what}. ${next}.`, options);
    }
  }
};
