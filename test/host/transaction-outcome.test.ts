import test from "ava";
import { readOutcome } from "../../provider/host/transaction-outcome.ts";

const nonce = "0123456789abcdef0123456789abcdef";
const frames = (...of: [printed: string, status: number][]): string =>
  `${of.map(([printed, status], index) => `${printed}${nonce} 1 ${index} ${status}\n`).join("")}${nonce} 1 \n`;
const errors = (...of: string[]): string => of.map((printed, index) => `${printed}${nonce} 1 ${index}\n`).join("");

test("what each step printed, on both streams, is told apart", (t) => {
  const { state, said, answer } = readOutcome(
    `done\n \n${frames(["one\ntwo\n", 0], ["", 1], ["three", 0])}`,
    errors("", "no such file\n", "a warning\n"),
    nonce,
  );
  t.is(state, "done");
  t.is(said, "");
  t.deepEqual(answer, {
    results: [
      { status: 0, stdout: "one\ntwo\n", stderr: "" },
      { status: 1, stdout: "", stderr: "no such file\n" },
      { status: 0, stdout: "three", stderr: "a warning\n" },
    ],
  });
});

test("of a change that was taken back the last step is what failed, if it did", (t) => {
  for (const state of ["reverted", "revert_failed"]) {
    const ended = readOutcome(`${state}\n \n${frames(["", 0], ["", 2])}`, errors("", "File exists\n"), nonce);
    t.is(ended.answer.failed, 1, state);
    t.is(ended.answer.results[1]?.stderr, "File exists\n");
    t.false(
      "failed" in readOutcome(`${state}\n \n${frames(["", 1], ["", 0])}`, "", nonce).answer,
      "it was not confirmed",
    );
    t.deepEqual(readOutcome(`${state}\n \n`, "", nonce).answer, { results: [] }, "it had not begun");
  }
});

test("a change that stands has no step that failed: what ended with an error was allowed to", (t) => {
  for (const state of ["done", "committed", "reverting"])
    t.false("failed" in readOutcome(`${state}\n \n${frames(["", 1])}`, errors("no such file"), nonce).answer, state);
});

test("what is not as it was is told without the blanks of its line", (t) => {
  const { state, said } = readOutcome("revert_failed\neth0: mtu 9000 eth0.7: is missing \n", "", nonce);
  t.is(state, "revert_failed");
  t.is(said, "eth0: mtu 9000 eth0.7: is missing");
});

test("a host that knows nothing of it has no results; neither has one that says nothing", (t) => {
  t.deepEqual(readOutcome("none\n\n", "", nonce), { state: "none", said: "", answer: { results: [] } });
  t.deepEqual(readOutcome("", "", nonce), { state: "", said: "", answer: { results: [] } });
});

test("frames of another session's are nobody's results", (t) => {
  const other = frames(["", 1]).replaceAll(nonce, "f".repeat(32));
  t.deepEqual(readOutcome(`done\n \n${other}`, "", nonce).answer, { results: [] });
});
