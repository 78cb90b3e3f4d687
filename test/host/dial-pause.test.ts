import test from "ava";
import { dialPause } from "../../provider/host/dial-pause.ts";

test("jittered backoff: longer each time, up to some seconds, and another pause for each who waits", (t) => {
  const shortest = [1, 2, 3, 4, 5, 6, 7, 100].map((attempt) => dialPause(attempt, 0));
  const longest = [1, 2, 3, 4, 5, 6, 7, 100].map((attempt) => dialPause(attempt, 1));
  t.deepEqual(shortest, [125, 250, 500, 1000, 2000, 2500, 2500, 2500]);
  t.deepEqual(longest, [250, 500, 1000, 2000, 4000, 5000, 5000, 5000]);
  t.not(dialPause(3, 0.1), dialPause(3, 0.2));
});
