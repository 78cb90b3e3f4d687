import { randomInt } from "node:crypto";
import { prove } from "../../prove/prove.ts";
import { labTest } from "../lab/lab-test.ts";
import { useMade } from "./made.ts";

const made = useMade();

labTest("in random topologies every frame passes, or does not, as foreseen", async (t) => {
  t.timeout(15 * 60_000);
  const seed = randomInt(2 ** 30);
  t.log(`seed ${seed}`);
  const { coverage, counterexample } = await prove((size) => made.startLab(size), {
    topologies: 40,
    meetings: 20,
    seed,
    say: (line) => t.log(line),
  });
  t.log(coverage.report());
  t.is(counterexample, undefined, `seed ${seed}`);
  t.true(coverage.topologies >= 40 && coverage.pairs >= 2000 && coverage.least.count >= 20);
});
