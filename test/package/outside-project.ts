import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { type Lab, openLab } from "../../lab/lab.ts";
import { engineShowed } from "../../lab/stack.ts";
import { npm } from "../../tools/setup/npm.mjs";
import { tsconfig } from "../tooling/pulumi-new-typescript.ts";

const run = promisify(execFile);

/** The version that this repository uses, so that npm has it in its cache. */
function ours(name: string): string {
  const manifest: { version: string } = JSON.parse(readFileSync(join("node_modules", name, "package.json"), "utf8"));
  return manifest.version;
}

/** What `pulumi new typescript` writes: the language host compiles the program itself. */
const filesOf = (name: string) => ({
  "Pulumi.yaml": `name: ${name}
description: A minimal TypeScript Pulumi program
runtime:
  name: nodejs
  options:
    packagemanager: npm
`,
  "package.json": JSON.stringify({
    name,
    main: "index.ts",
    devDependencies: { "@types/node": ours("@types/node"), typescript: ours("typescript") },
    dependencies: { "@pulumi/pulumi": ours("@pulumi/pulumi") },
  }),
  "tsconfig.json": JSON.stringify(tsconfig),
});

/** Without scripts: packing would compile again, and nobody's native parts are needed here. */
const quiet = ["--ignore-scripts", "--loglevel=error"];

/** A user's project in a folder of its own, which installs the package from a tarball, with a lab beside it. */
export class OutsideProject {
  readonly folder: string;
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
    this.folder = mkdtempSync(join(tmpdir(), `kvm-network-${name}-`));
    for (const [file, text] of Object.entries(filesOf(name))) this.write(file, text);
  }

  write(file: string, text: string): void {
    writeFileSync(join(this.folder, file), text);
  }

  /** A command that must succeed; what it printed. */
  async #must(command: string, args: readonly string[], environment: Record<string, string> = {}): Promise<string> {
    const { stdout } = await run(command, [...args], {
      cwd: this.folder,
      env: { ...process.env, ...environment },
      maxBuffer: 1 << 26,
    });
    return stdout;
  }

  /** Packs this repository's package; the tarball. */
  async pack(): Promise<string> {
    const [command = "npm", ...first] = npm();
    const { stdout } = await run(command, [...first, "pack", "--pack-destination", this.folder, ...quiet]);
    return join(this.folder, stdout.trim().split("\n").at(-1) ?? "");
  }

  async install(tarball: string): Promise<void> {
    const [command = "npm", ...first] = npm();
    await this.#must(command, [...first, "install", "--prefer-offline", resolve(tarball), ...quiet]);
  }

  lab(...args: string[]): Promise<string> {
    return this.#must(process.execPath, [resolve("lab/main.ts"), ...args]);
  }

  async labUp(...args: string[]): Promise<Lab> {
    await this.lab("up", "--name", this.#name, ...args);
    return openLab(this.#name);
  }

  async pulumi(...args: string[]): Promise<string> {
    const said = await this.#must("pulumi", ["--non-interactive", "--color=never", ...args], {
      PULUMI_HOME: join(this.folder, "home"),
      PULUMI_BACKEND_URL: `file://${this.folder}`,
      PULUMI_CONFIG_PASSPHRASE: "outside",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    });
    engineShowed(args, said, `file://${this.folder}`);
    return said;
  }

  async remove(): Promise<void> {
    if (existsSync(join(this.folder, "lab.json"))) await this.lab("down");
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The first lines of a program in it: the lab that it runs against. */
export const programHead = `import { readFileSync } from "fs";
import * as kvm from "pulumi-kvm-network";

interface LabFile {
  hypervisors: { name: string; connection: kvm.ConnectionArgs; uplinks: string[] }[];
}
const lab: LabFile = JSON.parse(readFileSync("lab.json", "utf8"));
`;
