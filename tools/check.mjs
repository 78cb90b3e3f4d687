// `npm run check [-- NAME…]`: everything that is proven without running the program, a line each; all is run, also after a failure.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { contentsProblems } from "./package-contents.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folders = ["sdk", "provider", "cli", "lab", "demo", "bench", "prove", "nemesis", "examples", "test"].filter(
  (name) => existsSync(join(root, name)),
);

/** Runs a program and resolves to its exit code and everything it printed. */
function output(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (chunk) => (text += chunk));
    child.on("error", reject);
    child.on("close", (code) => resolve({ ok: code === 0, text }));
  });
}

const tool = (name, ...args) => output(process.execPath, [join("node_modules", ".bin", name), ...args]);

/** The package as users get it. */
async function packed() {
  const folder = mkdtempSync(join(tmpdir(), "kvm-network-pack-"));
  try {
    const built = await output(process.execPath, ["tools/build.mjs"]);
    if (!built.ok) return built;
    // Without scripts: `prepare` would build again. npm's own words about its configuration are not ours to check.
    const pack = await output("npm", ["pack", "--ignore-scripts", "--loglevel=error", "--pack-destination", folder]);
    if (!pack.ok) return pack;
    const tarball = join(folder, readdirSync(folder)[0]);
    const problems = await contentsProblems(root, tarball);
    if (problems.length > 0) return { ok: false, text: `${problems.join("\n")}\n` };
    const publint = await tool("publint", "run", "--strict", tarball);
    if (!publint.ok) return publint;
    // The strict profile, so that `moduleResolution: node` (what `pulumi new typescript` writes) is looked at too. That commonjs
    // gets an ES module is meant: Node requires those since 22.12, which is what `engines` asks for.
    return await tool(
      "attw",
      "--ignore-rules",
      "cjs-resolves-to-esm",
      "--no-definitely-typed",
      "--format",
      "ascii",
      tarball,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const checks = {
  types: () => tool("tsc", "-p", "."),
  biome: () => tool("biome", "check", "--error-on-warnings"),
  knip: () => tool("knip", "--no-config-hints"),
  layers: () => tool("depcruise", "--config", ".dependency-cruiser.mjs", ...folders),
  package: packed,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in checks));
if (unknown.length > 0) {
  console.error(`No check is called ${unknown.join(", ")}: there are ${Object.keys(checks).join(", ")}.`);
  process.exit(2);
}
for (const [name, run] of Object.entries(checks)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const started = performance.now();
  const { ok, text } = await run();
  console.log(`${ok ? "ok    " : "FAILED"} ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  if (!ok) {
    process.exitCode = 1;
    process.stdout.write(text);
  }
}
