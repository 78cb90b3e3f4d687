import test from "ava";
import { answers, isLookedFor, isStatic, lookForNeighbour, showNeighbour } from "../../provider/links/neighbour.ts";

/** What `ip neigh show to 192.0.2.1 dev br0` prints of one in a state. */
const shown = (state: string): string => `192.0.2.1 lladdr 52:54:00:00:00:01 router ${state} \n`;

test("a neighbour answers when the kernel has just heard from it, and when nobody has to ask", (t) => {
  for (const state of ["REACHABLE", "PERMANENT", "NOARP"]) t.true(answers(shown(state)), state);
  for (const state of ["STALE", "DELAY", "PROBE", "INCOMPLETE", "FAILED", "NONE"])
    t.false(answers(shown(state)), state);
  t.false(answers(""), "the kernel knows nothing of it");
  t.false(answers(shown("UNREACHABLE")), "a word is whole");
});

test("a neighbour that the administrator has entered is static: it is not asked, and not forgotten", (t) => {
  for (const state of ["PERMANENT", "NOARP"]) t.true(isStatic(shown(state)), state);
  for (const state of ["REACHABLE", "STALE", "FAILED"]) t.false(isStatic(shown(state)), state);
  t.false(isStatic(""));
  t.false(isStatic(shown("XNOARP")));
});

test("a neighbour is looked for while the kernel asks, not once it has taken its word, heard from it or given it up", (t) => {
  for (const state of ["INCOMPLETE", "DELAY", "PROBE"]) t.true(isLookedFor(shown(state)), state);
  for (const state of ["STALE", "REACHABLE", "FAILED", "PERMANENT"]) t.false(isLookedFor(shown(state)), state);
  t.false(isLookedFor(""));
});

test("what is asked of the kernel may find nothing: that is an answer", (t) => {
  t.deepEqual(showNeighbour("192.0.2.1", "br0"), {
    verb: "run",
    argv: ["ip", "neigh", "show", "to", "192.0.2.1", "dev", "br0"],
    mayFail: true,
  });
  t.deepEqual(
    lookForNeighbour("fe80::1", "br0").map((step) => ("argv" in step ? [step.argv.join(" "), step.mayFail] : step)),
    [
      ["ip neigh flush to fe80::1 dev br0", true],
      ["ip neigh replace fe80::1 dev br0 use", true],
    ],
  );
});
