import { setTimeout as sleep } from "node:timers/promises";
import { encodeRequest } from "./encode-request.ts";
import { exchange } from "./exchange.ts";
import { HostError } from "./host-error.ts";
import type { Outcome, Session, Shell } from "./shell.ts";

/** A change whose answer never came. */
export interface LostChange {
  readonly change: string;
  /** How long it was given, and is given once more to end. */
  readonly seconds: number;
}

const askSeconds = 10;
const firstPauseMilliseconds = 20;
const longestPauseMilliseconds = 500;

/**
 * Makes sure that what an earlier session was at is over, so that whoever looks at the host now sees how it ended: the host
 * script goes on when its connection breaks. After a reboot nothing of before runs.
 *
 * @throws HostError when it is at the same command still.
 */
export const supersede = async (shell: Shell, session: Session, { change, seconds }: LostChange): Promise<void> => {
  if (session.bootId !== shell.session?.bootId) return;
  const { name } = shell.connection;
  const { pid, began } = session;
  const text = encodeRequest(name, 0, { steps: [{ verb: "supersede", pid, began }] });
  const end = performance.now() + seconds * 1000;
  for (let pause = firstPauseMilliseconds; ; pause = Math.min(pause * 2, longestPauseMilliseconds)) {
    let outcome: Outcome = "lost";
    await exchange(shell, [
      {
        text,
        deadlineSeconds: askSeconds,
        settle: (answer) => {
          outcome = answer;
        },
      },
    ]);
    if (isOver(outcome)) return;
    if (performance.now() > end || !shell.isOpen)
      throw new HostError(
        "change-under-way",
        name,
        `${name}: the process ${pid} there was sent this over a connection that broke, and has not ended within ${seconds} s: ${change}. ` +
          "Nothing else is asked of the host before. What is it waiting for (`ps` on the host)? When it has ended, run again.",
      );
    await sleep(pause);
  }
};

const isOver = (outcome: Outcome): boolean =>
  typeof outcome === "object" && "results" in outcome && outcome.results[0]?.status === 0;
