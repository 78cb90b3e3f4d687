import { FrameReader } from "./frame-reader.ts";
import type { Answer } from "./host.ts";

/** How a transaction stands, as the host tells it. */
export interface TransactionOutcome {
  /** `armed`: the change is under way; `done`: it waits to be confirmed; `none`: the host knows nothing of it. */
  readonly state: string;
  /** What is not as it was, where it could not be taken back. */
  readonly said: string;
  /** What the change's steps printed. */
  readonly answer: Answer;
}

const maxOutputBytes = 4_000_000;

/** What `transaction outcome` printed: two lines, then the steps' frames as a session has them, under the transaction's nonce. */
export const readOutcome = (stdout: string, stderr: string, nonce: string): TransactionOutcome => {
  const [state = "", said = "", ...rest] = stdout.split("\n");
  const frames = (text: string) => new FrameReader(nonce, maxOutputBytes).push(Buffer.from(text));
  const errors = frames(stderr).map(({ body }) => body.toString());
  const results = frames(rest.join("\n"))
    // `NONCE id index status`; the request's own end has no index.
    .filter(({ words }) => words.length === 3)
    .map(({ words, body }, index) => ({
      status: Number(words[2]),
      stdout: body.toString(),
      stderr: errors[index] ?? "",
    }));
  const last = results.length - 1;
  const ended = state === "reverted" || state === "revert_failed" ? results[last]?.status !== 0 : false;
  return { state, said: said.trim(), answer: ended && last >= 0 ? { results, failed: last } : { results } };
};
