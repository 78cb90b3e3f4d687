import { join } from "node:path";
import { buildSync } from "esbuild";

/** What is imported from outside: the entries of package.json, and what the benchmark asks a running provider. */
const entries = ["sdk/index", "provider/index", "provider/planning/index", "cli/main", "provider/host/statistics"];

/**
 * Our modules as a few files: an engine loads the provider anew at each command, and two hundred files take it as long as a
 * fleet of hosts takes to connect to. Entries share their common parts, so that none is there twice in one process.
 */
export function bundle(root, dist) {
  buildSync({
    entryPoints: Object.fromEntries(entries.map((entry) => [entry, join(root, `${entry}.ts`)])),
    outdir: dist,
    chunkNames: "chunks/[name]-[hash]",
    bundle: true,
    splitting: true,
    packages: "external",
    format: "esm",
    platform: "node",
    target: "node22",
    tsconfigRaw: {},
    logLevel: "warning",
  });
}
