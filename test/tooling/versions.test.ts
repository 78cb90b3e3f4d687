import test from "ava";
import { notOlder } from "../../tools/setup/engine.mjs";
import { suffices } from "../../tools/setup/node.mjs";

test("a Node that runs neither TypeScript nor ava is replaced", (t) => {
  t.deepEqual(["18.20.8", "20.20.2", "22.18.0", "24.3.0"].filter(suffices), []);
  t.deepEqual(["22.20.0", "24.12.1", "26.0.0"].filter(suffices), ["22.20.0", "24.12.1", "26.0.0"]);
});

test("versions are compared part by part as numbers", (t) => {
  t.true(notOlder("3.250.0", "3.250.0"));
  t.true(notOlder("3.1000.0", "3.250.0"));
  t.true(notOlder("1.26", "1.25.11"));
  t.false(notOlder("1.25", "1.25.11"));
  t.false(notOlder("3.99.9", "3.250.0"));
});
