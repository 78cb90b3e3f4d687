// Compiles what the package publishes into dist/; nothing to do when no source is newer.
// Plain JavaScript, because npm runs it (`prepare`) under whatever Node is there.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, symlinkSync, utimesSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle } from "./build/bundle.mjs";
import { replaceZodTypes } from "./build/replace-zod-types.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, "dist");
const sources = ["sdk", "provider", "cli", "tsconfig.json", "tsconfig.build.json", "tools/build", "package-lock.json"];

/** The time of the last change below a path; folders count, so that a deleted file is noticed. */
function changed(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => changed(join(path, name))));
}

const present = sources.map((name) => join(root, name)).filter((path) => existsSync(path));
if (!existsSync(dist) || statSync(dist).mtimeMs < Math.max(...present.map(changed))) {
  const started = new Date();
  // Compiled beside and then renamed: a program that imports dist/ meanwhile never finds half of it.
  const fresh = join(root, "node_modules", `.dist-${process.pid}`);
  const tsc = spawnSync(
    process.execPath,
    ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json", "--outDir", fresh],
    { cwd: root, stdio: "inherit" },
  );
  if (tsc.status === 0) {
    bundle(root, fresh);
    replaceZodTypes(fresh);
    rmSync(dist, { recursive: true, force: true });
    renameSync(fresh, dist);
    utimesSync(dist, started, started);
  } else {
    rmSync(fresh, { recursive: true, force: true });
    process.exitCode = 1;
  }
}

// The examples are projects of their own, which import the package by its name: in the repository it is found here.
const link = join(root, "examples", "node_modules", "pulumi-kvm-network");
if (existsSync(join(root, "examples")) && !existsSync(link)) {
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(join("..", ".."), link, "dir");
}
