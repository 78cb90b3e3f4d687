// What a tarball of the package may hold, and what it must.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const allowed =
  /^(package\.json|README\.md|LICENSE|dist\/zod-types\.d\.ts|dist\/(sdk|provider|cli|chunks)\/.+\.(js|d\.ts))$/;

/** The files that package.json names as entries. */
function entries(manifest) {
  const targets = Object.values(manifest.exports).flatMap((target) =>
    typeof target === "string" ? [target] : Object.values(target),
  );
  return [
    ...targets,
    manifest.main,
    manifest.types,
    ...Object.values(manifest.bin),
    ...Object.values(manifest.typesVersions["*"]).flat(),
  ].map((path) => path.replace(/^\.\//, ""));
}

/** One line for each file that is too much or missing. */
export async function contentsProblems(root, tarball) {
  const { stdout } = await promisify(execFile)("tar", ["-tzf", tarball]);
  const files = new Set(
    stdout
      .trim()
      .split("\n")
      .map((path) => path.replace(/^package\//, "")),
  );
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return [
    ...[...files].filter((path) => !allowed.test(path)).map((path) => `${path}: does not belong into the package`),
    ...[...new Set(entries(manifest))]
      .filter((path) => !files.has(path))
      .map((path) => `${path}: package.json names it, but it is not in the package`),
  ];
}
