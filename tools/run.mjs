// `npm test`, `npm run demo` and the like: sets up what the command needs on this machine, then runs it. Plain JavaScript for
// Node 20, with nothing installed.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { engineFolder } from "./setup/engine.mjs";
import { SetUpError } from "./setup/error.mjs";
import { labProblem } from "./setup/lab-packages.mjs";
import { nodeFolder } from "./setup/node.mjs";
import { output } from "./setup/output.mjs";
import { installPackages } from "./setup/packages.mjs";
import { progress } from "./setup/progress.mjs";

const tests = {
  run: ["tools/test/run-tests.mjs"],
  lab: process.env.CI === "true" ? "needed" : "wanted",
  dist: true,
  engine: true,
};

/**
 * What each command runs, with which `environment`, and what it needs beside the npm packages and a Node: the lab (`wanted`: tests
 * that need it skip themselves without it), dist/, the Pulumi engine. `stdout`: where that goes to; the provider announces each change there, and who
 * makes thousands speaks on standard error himself.
 */
const commands = {
  test: tests,
  fuzz: {
    ...tests,
    run: ["tools/test/run-tests.mjs", "test/fuzz/*.test.ts", "test/discovery/cut-off.test.ts"],
    environment: { FUZZ: "all" },
  },
  demo: { run: ["demo/main.ts"], lab: "needed", dist: true, engine: true },
  lab: { run: ["lab/main.ts"], lab: "needed" },
  prove: { run: ["prove/main.ts"], lab: "needed", stdout: "ignore" },
  nemesis: { run: ["nemesis/main.ts"], lab: "needed", dist: true, engine: true },
  bench: { run: ["bench/main.ts"], lab: "needed", dist: true, engine: true },
  check: { run: ["tools/check.mjs"] },
  mutation: { run: ["tools/mutation/run.mjs"] },
};

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Gets everything a command needs; returns the folders that its PATH begins with. */
async function setUp({ lab, dist, engine }) {
  if (lab !== undefined) {
    const problem = await labProblem(root);
    if (problem !== undefined && lab === "needed") throw new SetUpError(problem);
    if (problem !== undefined) console.error(`${problem}\nWithout it, the tests that need the lab are skipped.`);
  }
  await installPackages(root);
  const folders = [await nodeFolder(root)];
  if (dist) {
    const node = join(folders[0], "node");
    await progress("compiling the package", () => output("The package", node, ["tools/build.mjs"], { cwd: root }));
  }
  if (engine) folders.push(await engineFolder(root));
  return folders;
}

/** Runs the command in the user's terminal; resolves to its exit code. */
function run(args, { stdout = "inherit", environment }, folders) {
  const env = { ...process.env, ...environment, PATH: [...folders, process.env.PATH].join(delimiter) };
  const child = spawn(join(folders[0], "node"), args, { cwd: root, env, stdio: ["inherit", stdout, "inherit"] });
  // The terminal sends Ctrl-C to both; the command decides when it has tidied up.
  process.on("SIGINT", () => {});
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
}

const [name, ...args] = process.argv.slice(2);
const command = commands[name];
try {
  if (command === undefined) throw new SetUpError(`Say one of ${Object.keys(commands).join(", ")}.`);
  if (!existsSync(join(root, command.run[0]))) throw new SetUpError(`${command.run[0]} does not exist.`);
  const folders = await setUp(command);
  process.exitCode = await run([...command.run, ...args], command, folders);
} catch (error) {
  if (!(error instanceof SetUpError)) throw error;
  console.error(`\n${error.message}`);
  process.exitCode = 1;
}
