import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { npm } from "./npm.mjs";
import { output } from "./output.mjs";
import { progress } from "./progress.mjs";

/** Whether node_modules holds what package-lock.json names; npm writes its own account of it when it has finished. */
function upToDate(root) {
  const account = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(account)) return false;
  const [wanted, present] = [join(root, "package-lock.json"), account].map(
    (path) => JSON.parse(readFileSync(path, "utf8")).packages,
  );
  return Object.entries(wanted).every(
    // Optional packages are those of other platforms.
    ([path, { version, optional }]) => path === "" || optional || present[path]?.version === version,
  );
}

/** The packages of package-lock.json, in node_modules. */
export async function installPackages(root) {
  if (upToDate(root)) return;
  await progress("installing the npm packages", async () => {
    // Without scripts: they would compile ssh2's optional native parts for npm's Node, which is not the one that runs the tests.
    const [command, ...first] = npm();
    await output("The npm packages", command, [...first, "ci", "--ignore-scripts", "--loglevel=error"], { cwd: root });
  });
}
