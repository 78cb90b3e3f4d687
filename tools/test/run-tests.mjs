// Runs ava (all tests, or the files named) and ends with `N passed, N failed`. With CI=true nothing may be skipped.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { leakCheck } from "./leaks.mjs";
import { startSharedMachine } from "./shared-machine.mjs";
import { tapFollower } from "./tap.mjs";

const strict = process.env.CI === "true";
const { counts, failures, failed, line } = tapFollower(console.log, strict);
const leaked = leakCheck();

/**
 * What `npm test` runs. Tests of machines are a stage of their own, one file at a time: an emulated machine takes all of a small computer, and the
 * other tests look at the clock. So does the nemesis, which has all of its processors busy. Those of test/long, an hour of them, are run by name.
 */
const others = ["test/!(machines|long|nemesis)/**/*.test.ts"];
const ofNemesis = ["test/nemesis/*.test.ts"];
// A machine that does not answer is waited for longer than ava waits for a test: why it does not is told then.
const ofMachines = ["--concurrency=1", "--timeout=20m", "test/machines/*.test.ts"];

let running;
let stopped = false;
// Ctrl-C reaches ava too, which stops its workers; this stays to count what was done.
process.on("SIGINT", () => {
  stopped = true;
});
process.on("SIGTERM", () => {
  stopped = true;
  running?.kill("SIGTERM");
});

async function runStage(args, environment = {}) {
  const ava = spawn(process.execPath, ["node_modules/ava/entrypoints/cli.mjs", "--tap", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...leaked.environment, ...environment },
  });
  running = ava;
  counts.ended = false;
  const failedBefore = counts.failed;
  for (const stream of [ava.stdout, ava.stderr]) stream.on("data", leaked.hear);
  ava.stderr.pipe(process.stderr);
  const lines = createInterface({ input: ava.stdout });
  lines.on("line", line);
  const ended = new Promise((resolve) => lines.on("close", resolve));
  const code = await new Promise((resolve) => ava.on("close", (status, signal) => resolve(status ?? signal)));
  await ended;
  if (code !== 0 && (!counts.ended || counts.failed === failedBefore)) {
    // ava 7's TAP reporter dies of a test file that exits or hangs; and there may be no tests at all.
    failed(`FAILED  ava ended with ${code}${counts.ended ? "" : " before its last test"}: what it printed is above`);
  }
}

async function runAll() {
  for (const stage of [others, ofNemesis]) if (!stopped) await runStage(stage);
  if (stopped) return;
  const machine = await startSharedMachine();
  try {
    if (!stopped) await runStage(ofMachines, machine.environment);
  } finally {
    await machine.stop();
  }
}

const named = process.argv.slice(2);
const takesAll = named.some((name) => /\btest\/(machines|long)\//.test(name));
if (named.length > 0) await runStage(takesAll ? ["--concurrency=1", ...named] : named);
else await runAll();
for (const leak of leaked.leaks()) failed(`FAILED  no test shows a secret: ${leak}`);
leaked.remove();
// A run of half an hour prints more than a terminal or a CI keeps, and some keep but the last two thousand characters.
if (failures.length > 0) {
  const titles = failures.filter((text) => text.startsWith("FAILED"));
  console.log(["", "What failed:", ...failures, "", "In short:", ...titles, ""].join("\n"));
}
if (counts.skipped > 0) console.log(`${counts.skipped} skipped`);
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1;
