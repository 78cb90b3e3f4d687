import { createHash } from "node:crypto";
import { accessSync, chmodSync, constants, copyFileSync, existsSync, readFileSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { cached } from "./cache.mjs";
import { SetUpError } from "./error.mjs";
import { output } from "./output.mjs";
import { progress } from "./progress.mjs";

/** What is built where there is no `pulumi`; the modules in tools/engine lock the sources. */
const programs = [
  { folder: "cli", name: "pulumi", module: "github.com/pulumi/pulumi/pkg/v3", path: "cmd/pulumi" },
  {
    folder: "nodejs",
    name: "pulumi-language-nodejs",
    module: "github.com/pulumi/pulumi/sdk/v3",
    path: "nodejs/cmd/pulumi-language-nodejs",
  },
];

/** Where Go unpacks itself; not on everyone's PATH. */
const goFolder = "/usr/local/go/bin";

/** Starts dynamic providers; an engine warns at every preview when this is not beside it. */
const pluginScript = "pulumi-resource-pulumi-nodejs";

const install =
  "Install Pulumi: curl -fsSL https://get.pulumi.com | sh   (then open a new shell, so that `pulumi` is on PATH)";

/** Whether version `a` ("1.26" or "3.250.0") is not older than `b`. */
export function notOlder(a, b) {
  const [left, right] = [a, b].map((version) => version.split(".").map(Number));
  const differs = right.findIndex((part, index) => (left[index] ?? 0) !== part);
  return differs < 0 || (left[differs] ?? 0) > right[differs];
}

/** The first executable of a name on PATH. */
function onPath(name, more = []) {
  for (const folder of [...(process.env.PATH ?? "").split(delimiter), ...more]) {
    try {
      const path = join(folder, name);
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this one.
    }
  }
  return undefined;
}

/** The version that a module's go.mod asks for of a module, or of Go itself. */
function pinned(root, folder, of) {
  const text = readFileSync(join(root, "tools", "engine", folder, "go.mod"), "utf8");
  return new RegExp(`^(?:require )?${of} v?(\\S+)$`, "m").exec(text)[1];
}

/** The folder of the `pulumi` that the user has, or why it won't do. */
async function installed(wanted) {
  const found = onPath("pulumi");
  if (found === undefined) return { reason: "`pulumi` is not on PATH" };
  const version = /\d+\.\d+\.\d+/.exec(await output(found, found, ["version"]))?.[0] ?? "0";
  if (!notOlder(version, wanted)) return { reason: `${found} is ${version}, and ${wanted} or newer is needed` };
  const folder = dirname(realpathSync(found));
  const missing = [programs[1].name, pluginScript].find((name) => !existsSync(join(folder, name)));
  return missing === undefined ? { folder } : { reason: `${found} has no ${missing} beside it` };
}

/** A Go that can build the engine, or why there is none. A Go since 1.21 fetches the toolchain that go.mod asks for, if it may. */
async function usableGo(root) {
  const wanted = pinned(root, "cli", "go");
  const found = onPath("go", [goFolder]);
  if (found === undefined) return { reason: `there is no Go (${wanted} or newer) to build one` };
  const env = { ...process.env, GOTOOLCHAIN: process.env.GOTOOLCHAIN ?? "auto" };
  try {
    const cwd = join(root, "tools", "engine", "cli");
    const version = /go(\d[\d.]*)/.exec(await output("Go", found, ["version"], { cwd, env }))?.[1] ?? "0";
    return notOlder(version, wanted)
      ? { go: found, env }
      : { reason: `${found} is ${version}, and building one takes ${wanted}` };
  } catch (error) {
    return {
      reason: `${found} is too old to build one and can't fetch Go ${wanted} (${error.message.split("\n").at(-1)})`,
    };
  }
}

async function build(root, go, env, { folder, name, module, path }, into) {
  const version = pinned(root, folder, module);
  const flags = `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${version}`;
  await output(
    `Building ${name} ${version}`,
    go,
    ["build", "-trimpath", "-ldflags", flags, "-o", join(into, name), `${module}/${path}`],
    { cwd: join(root, "tools", "engine", folder), env: { ...env, CGO_ENABLED: "0" } },
  );
}

/** The folder with `pulumi`, its language host for Node and the script for dynamic providers; needs the npm packages. */
export async function engineFolder(root) {
  const wanted = pinned(root, "cli", programs[0].module);
  const own = await installed(wanted);
  if (own.folder !== undefined) return own.folder;
  const script = join(root, "node_modules", "@pulumi", "pulumi", pluginScript);
  const hash = createHash("sha256");
  for (const { folder } of programs) hash.update(readFileSync(join(root, "tools", "engine", folder, "go.sum")));
  const key = `engine-${wanted}-${hash.update(readFileSync(script)).digest("hex").slice(0, 12)}`;
  return cached(key, async (into) => {
    const { go, env, reason } = await usableGo(root);
    if (go === undefined) throw new SetUpError(`There is no Pulumi engine: ${own.reason}, and ${reason}.\n${install}`);
    await progress(`building the Pulumi engine ${wanted} (once, 3-4 minutes)`, async () => {
      for (const program of programs) await build(root, go, env, program, into);
    });
    copyFileSync(script, join(into, pluginScript));
    chmodSync(join(into, pluginScript), 0o755);
  });
}
