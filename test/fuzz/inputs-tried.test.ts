import test from "ava";
import { inputsTried } from "./hold.ts";

test("all properties together are tried with 100,000 inputs, where all are asked for", (t) => {
  const total = Object.values(inputsTried).reduce((sum, each) => sum + each, 0);
  t.log(`${total} inputs in all`);
  t.true(total >= 100_000);
});
