import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { run } from "./command.ts";
import { LabError } from "./lab-error.ts";

export interface InitramfsOptions {
  /** A static busybox. */
  readonly busybox: string;
  /** The folder with the kernel's modules, however deep. */
  readonly kernel: string;
  /** Modules to load, those they depend on left out; built in here, a file there. */
  readonly modules: readonly string[];
  /** The text of /init, which finds the modules' names in /modules/order. */
  readonly init: string;
  /** More programs, by name. */
  readonly programs?: Readonly<Record<string, string>>;
}

/** Makes the file `initramfs` in a folder. */
export async function makeInitramfs(making: string, options: InitramfsOptions): Promise<void> {
  const root = join(making, "initramfs-root");
  for (const folder of ["bin", "dev", "proc", "sys", "modules", "root"])
    mkdirSync(join(root, folder), { recursive: true });
  await run(["cp", options.busybox, join(root, "bin/busybox")]);
  for (const [name, text] of Object.entries({ init: options.init, ...options.programs }))
    writeFileSync(join(root, name), text, { mode: 0o755 });
  const modules = modulesInOrder(options.kernel, options.modules);
  for (const { name, content } of modules) writeFileSync(join(root, "modules", name), content);
  writeFileSync(join(root, "modules/order"), modules.map(({ name }) => `${name}\n`).join(""));
  // Not compressed: unpacking costs an emulated CPU more than reading.
  await run([
    "sh",
    "-c",
    'cd "$1" && find . | cpio --quiet -o -H newc -R 0:0 >"$2"',
    "sh",
    root,
    join(making, "initramfs"),
  ]);
  rmSync(root, { recursive: true });
}

/** The needed modules with those they depend on before them; one that is not among the files is built in. */
function modulesInOrder(kernel: string, needed: readonly string[]): { name: string; content: Buffer }[] {
  const files = readdirSync(kernel, { recursive: true, encoding: "utf8" });
  const order = new Map<string, Buffer>();
  const add = (module: string) => {
    // File names have - or _ where module names have _.
    const file = files.find((path) => basename(path).replaceAll("-", "_").startsWith(`${module}.ko`));
    if (file === undefined || order.has(`${module}.ko`)) return;
    const content = decompress(join(kernel, file));
    for (const dependency of dependsOf(content)) add(dependency);
    order.set(`${module}.ko`, content);
  };
  for (const module of needed) add(module);
  return [...order].map(([name, content]) => ({ name, content }));
}

/** From the module's `.modinfo` section: `depends=a,b`. */
function dependsOf(module: Buffer): string[] {
  const [, depends = ""] = /\0depends=([^\0]*)\0/.exec(module.toString("latin1")) ?? [];
  return depends.split(",").filter((name) => name !== "");
}

function decompress(path: string): Buffer {
  if (path.endsWith(".ko")) return readFileSync(path);
  if (path.endsWith(".zst")) return zstdDecompressSync(readFileSync(path));
  if (path.endsWith(".xz")) return execFileSync("busybox", ["xz", "-dc", path], { maxBuffer: 100_000_000 });
  throw new LabError("lab_initramfs", `${path}: an unknown compression of kernel modules`);
}
