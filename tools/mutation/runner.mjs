// Stryker's test runner for what does no I/O, or does it by a Host that a test has written: the tests are imported once, and of each
// mutant those are run that reach it.
import { globSync } from "node:fs";
import { registerHooks } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { declareClassPlugin, PluginKind } from "@stryker-mutator/api/plugin";
import {
  DryRunStatus,
  determineHitLimitReached,
  TestStatus,
  toMutantRunResult,
} from "@stryker-mutator/api/test-runner";
import { execution, tests } from "./ava.mjs";

const patterns = [
  // Not those that hold rules against a host.
  "test/planning/!(rules-by-hand).test.ts",
  "test/schema/*.test.ts",
  // Nor those that find taken what another file of tests has claimed, or start a process.
  "test/resources/{default-needs,embedded-bridge,kept-mac,vm-on-vf,vm-vlan,vsi}.test.ts",
  "test/resources/bad-input/values.test.ts",
  "test/cli/uplink-text.test.ts",
  "test/persistence/manager-files.test.ts",
  // Transactions, on hosts and by a clock that are the tests' own.
  "test/host/transaction*.test.ts",
  "test/resources/{change-carrier,host-bridge-addresses,transaction-mark}.test.ts",
  "test/links/{host-addresses,neighbour}.test.ts",
];

const ava = new URL("./ava.mjs", import.meta.url).href;
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "ava" ? { url: ava, shortCircuit: true } : next(specifier, context),
});

/** What the instrumented modules and Stryker tell each other: which mutant is on, and who reached which. */
const shared = {};
globalThis.__stryker__ = shared;

const load = async () => {
  if (tests.length > 0) return;
  // Stryker has gone to the copy with the mutants in it.
  for (const file of globSync(patterns).sort()) await import(pathToFileURL(resolve(file)).href);
};

const runTest = async ({ title, run }, index) => {
  const id = String(index + 1);
  shared.currentTestId = id;
  const started = performance.now();
  let failure;
  try {
    await run(execution());
  } catch (error) {
    failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  shared.currentTestId = undefined;
  const result = { id, name: title, timeSpentMs: performance.now() - started };
  return failure === undefined
    ? { ...result, status: TestStatus.Success }
    : { ...result, status: TestStatus.Failed, failureMessage: failure };
};

class OneProcessRunner {
  capabilities() {
    // Whoever wants a mutant of what is done at import takes another process.
    return { reloadEnvironment: false };
  }

  async dryRun() {
    await load();
    const results = [];
    for (const [index, test] of tests.entries()) results.push(await runTest(test, index));
    return { status: DryRunStatus.Complete, tests: results, mutantCoverage: shared.mutantCoverage };
  }

  async mutantRun({ activeMutant, testFilter, hitLimit }) {
    shared.activeMutant = activeMutant.id;
    shared.hitCount = hitLimit === undefined ? undefined : 0;
    shared.hitLimit = hitLimit;
    try {
      await load();
    } catch (error) {
      return toMutantRunResult({
        status: DryRunStatus.Complete,
        tests: [{ id: "0", name: "import", timeSpentMs: 0, status: TestStatus.Failed, failureMessage: String(error) }],
      });
    }
    const results = [];
    for (const [index, test] of tests.entries()) {
      if (testFilter !== undefined && !testFilter.includes(String(index + 1))) continue;
      results.push(await runTest(test, index));
      if (results.at(-1)?.status === TestStatus.Failed) break;
    }
    const looped = determineHitLimitReached(shared.hitCount, hitLimit);
    return toMutantRunResult(looped ?? { status: DryRunStatus.Complete, tests: results });
  }
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, "one-process", OneProcessRunner)];
