import test from "ava";
import { tapFollower } from "../../tools/test/tap.mjs";

const tap = [
  "TAP version 13",
  "ok 1 - bridge › comes up",
  "#   a line that the test logged",
  "ok 2 - bridge › on hardware # SKIP",
  "not ok 3 - bridge › for later # TODO",
  "not ok 4 - bridge › goes down",
  "  ---",
  "    message: it stayed",
  "  ...",
  "1..4",
];

function follow(lines: readonly string[], strict: boolean) {
  const printed: string[] = [];
  const { counts, failures, line } = tapFollower((text: string) => printed.push(text), strict);
  for (const each of lines) line(each);
  return { counts, failures, printed };
}

test("counts what passed, failed and was skipped", (t) => {
  t.deepEqual(follow(tap, false).counts, { passed: 1, failed: 1, skipped: 2, ended: true });
});

test("counts what was skipped as failed where nothing may be skipped", (t) => {
  t.deepEqual(follow(tap, true).counts, { passed: 1, failed: 3, skipped: 0, ended: true });
});

test("knows when the tests ended before their time", (t) => {
  t.false(follow(tap.slice(0, 2), false).counts.ended);
});

test("shows a failure's details and what a test logged below its line", (t) => {
  const { printed } = follow(tap, false);
  t.true(printed.includes("        a line that the test logged"));
  t.is(
    printed.findIndex((line) => line.includes("it stayed")),
    printed.indexOf("FAILED  bridge › goes down") + 1,
  );
});

test("has each failure with its details for the end of the run", (t) => {
  t.deepEqual(follow([...tap, "ok 5 - bridge › again"], false).failures, [
    "FAILED  bridge › goes down",
    "          message: it stayed",
  ]);
});
