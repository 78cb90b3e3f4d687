import { copyFileSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cached } from "./cache.mjs";
import { SetUpError } from "./error.mjs";
import { npm } from "./npm.mjs";
import { output } from "./output.mjs";
import { progress } from "./progress.mjs";

/** Whether a Node runs TypeScript without a flag (22.18) and ava (22.20, 24.12). */
export function suffices(version) {
  const [major, minor] = version.split(".").map(Number);
  return major === 22 ? minor >= 20 : major === 24 ? minor >= 12 : major > 24;
}

/** The folder of a Node that runs this repository: the one that runs now, or the one that tools/node pins. */
export async function nodeFolder(root) {
  if (suffices(process.versions.node)) return dirname(process.execPath);
  const name = `node-${process.platform}-${process.arch}`;
  const pins = join(root, "tools", "node");
  const version = JSON.parse(readFileSync(join(pins, "package.json"), "utf8")).optionalDependencies[name];
  if (version === undefined) {
    throw new SetUpError(
      `This is Node ${process.versions.node}; 22.20 or newer is needed, and there is none to fetch for ` +
        `${process.platform} ${process.arch}: install Node 24 from https://nodejs.org/ and try again.`,
    );
  }
  const place = await cached(`node-${version}`, (folder) =>
    progress(`fetching Node ${version} (this is ${process.versions.node})`, async () => {
      for (const file of ["package.json", "package-lock.json"]) copyFileSync(join(pins, file), join(folder, file));
      copyFileSync(join(root, ".npmrc"), join(folder, ".npmrc"));
      const [command, ...first] = npm();
      await output(`Node ${version}`, command, [...first, "ci", "--ignore-scripts", "--loglevel=error"], {
        cwd: folder,
      });
      // npm is content when an optional package can't be had.
      await output(`Node ${version} from the npm package ${name}`, join(folder, "node_modules", name, "bin", "node"), [
        "-v",
      ]);
    }),
  );
  return join(place, "node_modules", name, "bin");
}
