import { syncBuiltinESMExports } from "node:module";
import { mock } from "node:test";
import { setImmediate as turn } from "node:timers/promises";

/** Shorter than any pause of the code's, and than a scripted host's answer takes. */
const stepMilliseconds = 10;
/** Longer than any transaction: what goes on for so long does not end. */
const longestMilliseconds = 900_000;

/**
 * Runs it by a clock that goes on as soon as everybody waits: minutes pass in milliseconds. The clock is the process's, so the tests
 * of a file that do this are serial.
 */
export const inNoTime = async <T>(run: () => Promise<T>): Promise<T> => {
  let elapsed = 0;
  mock.timers.enable({ apis: ["setTimeout"] });
  mock.method(performance, "now", () => elapsed);
  // `import { setTimeout } from "node:timers/promises"` gives the real one until it is told.
  syncBuiltinESMExports();
  try {
    let isOver = false;
    const running = run();
    const over = () => {
      isOver = true;
    };
    running.then(over, over);
    for (await turn(); !isOver; await turn()) {
      if (elapsed > longestMilliseconds) throw new Error(`not over after ${elapsed / 1000} s`);
      elapsed += stepMilliseconds;
      mock.timers.tick(stepMilliseconds);
    }
    return await running;
  } finally {
    mock.timers.reset();
    mock.restoreAll();
    syncBuiltinESMExports();
  }
};
