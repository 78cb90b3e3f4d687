import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { guestCacheFolder } from "./cache.ts";
import { attempt, run } from "./command.ts";
import { makeInitramfs } from "./initramfs.ts";
import { LabError } from "./lab-error.ts";
import { madeOnce } from "./made-once.ts";

/** Packages that stand for the distribution's kernel for virtual machines: Debian's, Ubuntu's. */
const kernelPackages = ["linux-image-cloud-amd64", "linux-image-virtual"];

/** What a guest needs of the kernel; built in here, a module there. */
const neededModules = ["virtio_pci", "virtio_net"];

const script = (name: string) => readFileSync(join(import.meta.dirname, name), "utf8");

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
  const [init, serveCommands] = [script("guest-init.sh"), script("serve-commands.sh")];
  for (const part of [init, serveCommands, readFileSync(busybox), nicUp, neededModules.join()]) recipe.update(part);
  const name = recipe.digest("hex").slice(0, 16);
  await madeOnce(join(guestCacheFolder(), name), async (making) => {
    const kernel = await unpackKernel(making);
    const programs = { "nic-up": nicUp, "serve-commands": serveCommands };
    await makeInitramfs(making, { busybox, kernel, modules: neededModules, init, programs });
    rmSync(kernel, { recursive: true });
  });
  return name;
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
