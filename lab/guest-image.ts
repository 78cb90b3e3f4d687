import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { guestCacheFolder } from "./cache.ts";
import { attempt, run } from "./command.ts";
import { LabError } from "./lab-error.ts";
import { identify } from "./process-identity.ts";

/** Packages that stand for the distribution's kernel for virtual machines: Debian's, Ubuntu's. */
const kernelPackages = ["linux-image-cloud-amd64", "linux-image-virtual"];

/** What a guest needs of the kernel; built in here, a module there. */
const neededModules = ["virtio_pci", "virtio_net"];

const initScript = join(import.meta.dirname, "guest-init.sh");

const nicUp = `#!/bin/busybox sh
[ "$SUBSYSTEM.$ACTION" = net.add ] && exec ip link set "$INTERFACE" up
`;

/**
 * Makes the guests' kernel and initramfs once, and returns their folder's name in the guests' cache. The name is a hash of the
 * recipe: what is there is never changed, and two processes that make it at once end up with the same.
 */
export function guestImage(): Promise<string> {
  // Guests that are started side by side wait for one making.
  image ??= makeGuestImage().catch((error) => {
    image = undefined;
    throw error;
  });
  return image;
}

let image: Promise<string> | undefined;

async function makeGuestImage(): Promise<string> {
  const busybox = (await run(["sh", "-c", "command -v busybox"])).trim();
  const recipe = createHash("sha256");
  for (const part of [readFileSync(initScript), readFileSync(busybox), nicUp, neededModules.join()])
    recipe.update(part);
  const name = recipe.digest("hex").slice(0, 16);
  const folder = join(guestCacheFolder(), name);
  if (existsSync(folder)) return name;

  removeUnfinished();
  const making = `${folder}.${process.pid}`;
  mkdirSync(making, { recursive: true });
  try {
    const kernel = await unpackKernel(making);
    await makeInitramfs(making, kernel, busybox);
    rmSync(kernel, { recursive: true });
    renameSync(making, folder);
  } catch (error) {
    rmSync(making, { recursive: true, force: true });
    // The other process was faster.
    if (!existsSync(folder)) throw error;
  }
  return name;
}

/** What processes that were killed began: their number stands behind the dot. */
function removeUnfinished(): void {
  if (!existsSync(guestCacheFolder())) return;
  for (const entry of readdirSync(guestCacheFolder())) {
    const [, pid] = entry.split(".");
    if (pid !== undefined && identify(Number(pid)) === undefined)
      rmSync(join(guestCacheFolder(), entry), { recursive: true, force: true });
  }
}

/** Fetches and unpacks the kernel (nothing is installed), puts it to `vmlinuz`, and returns the folder with the rest. */
async function unpackKernel(making: string): Promise<string> {
  const unpacked = join(making, "kernel");
  mkdirSync(unpacked);
  for (const name of await kernelPackageNames()) {
    // apt-get writes to the current folder; as root in one that only root reads, or it warns.
    await run(["sh", "-c", 'cd "$1" && apt-get download -qq -o APT::Sandbox::User=root "$2"', "sh", making, name], {
      timeout: 300_000,
    });
    const file = readdirSync(making).find((entry) => entry.endsWith(".deb"));
    if (file === undefined) throw new LabError("lab_guest", `apt-get download ${name} brought no package`);
    await run(["dpkg-deb", "-x", join(making, file), unpacked], { timeout: 300_000 });
    rmSync(join(making, file));
  }
  const kernel = readdirSync(join(unpacked, "boot")).find((entry) => entry.startsWith("vmlinuz-"));
  if (kernel === undefined) throw new LabError("lab_guest", "the kernel's package has no boot/vmlinuz-*");
  renameSync(join(unpacked, "boot", kernel), join(making, "vmlinuz"));
  return unpacked;
}

/** The packages behind the distribution's current kernel for virtual machines: on Ubuntu its modules are a package apart. */
async function kernelPackageNames(): Promise<string[]> {
  const look = () => attempt(["apt-cache", "depends", "--important", ...kernelPackages]);
  let found = dependencies((await look()).stdout);
  if (found.length === 0) {
    await attempt(["apt-get", "update", "-qq"], { timeout: 300_000 });
    found = dependencies((await look()).stdout);
  }
  const [image] = found;
  if (image === undefined)
    throw new LabError(
      "lab_guest",
      `no kernel for guests: apt knows none of ${kernelPackages.join(", ")}; the lab's guests need Debian or Ubuntu on amd64`,
    );
  const modules = image.replace("linux-image-", "linux-modules-");
  const known = await attempt(["apt-cache", "show", modules]);
  return known.status === 0 && known.stdout !== "" ? [image, modules] : [image];
}

const dependencies = (text: string) =>
  [...text.matchAll(/Depends: (linux-image-\d\S+)/g)].flatMap(([, name]) => name ?? []);

async function makeInitramfs(making: string, kernel: string, busybox: string): Promise<void> {
  const root = join(making, "root");
  for (const folder of ["bin", "dev", "proc", "sys", "modules"]) mkdirSync(join(root, folder), { recursive: true });
  await run(["cp", busybox, join(root, "bin/busybox")]);
  writeFileSync(join(root, "init"), readFileSync(initScript), { mode: 0o755 });
  writeFileSync(join(root, "nic-up"), nicUp, { mode: 0o755 });
  const modules = modulesInOrder(kernel);
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
function modulesInOrder(kernel: string): { name: string; content: Buffer }[] {
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
  for (const module of neededModules) add(module);
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
  throw new LabError("lab_guest", `${path}: an unknown compression of kernel modules`);
}
