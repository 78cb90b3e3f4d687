import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { cacheFolder } from "../cache.ts";
import { run } from "../command.ts";
import { makeInitramfs } from "../initramfs.ts";
import { LabError } from "../lab-error.ts";
import { madeOnce } from "../made-once.ts";
import { quote } from "../quote.ts";
import { debianMirror } from "./debian-mirror.ts";

/** The first Debian whose QEMU (10) has the igb NIC: the machines run it, and it runs the machines. */
const suite = "trixie";

const packages = [
  // Not the kernel for clouds, which has neither igb nor vfio.
  ...["linux-image-amd64", "systemd-sysv", "udev", "kmod", "dbus", "procps", "openssh-server"],
  ...["iproute2", "ethtool", "pciutils", "nftables", "lldpad"],
  // Which of the network managers runs is chosen at boot; systemd brings its own. ifupdown has others ask for leases.
  ...["network-manager", "ifupdown", "dhcpcd-base", "ifenslave"],
  ...[
    "libvirt-daemon-system",
    "libvirt-daemon-driver-qemu",
    "libvirt-clients",
    "qemu-system-x86",
    "qemu-utils",
    "ipxe-qemu",
    "seabios",
  ],
];

/** For which the machines have no use: a third of what would be copied, and what NetworkManager would load for other NICs. */
const leftOut = [
  ...["/usr/share/man/*", "/usr/share/doc/*", "/usr/share/locale/*"],
  ...["adsl", "bluetooth", "team", "wifi", "wwan"].map(
    (kind) => `/usr/lib/*/NetworkManager/*/libnm-device-plugin-${kind}.so`,
  ),
];

const neededModules = ["crc32c_generic", "ext4", "virtio_blk", "qemu_fw_cfg"];

/** Room to work in; the file is sparse. */
const diskSize = "4G";

const here = (name: string) => join(import.meta.dirname, name);

/** What serves commands, as in the lab's guests; and where lab-channel of root/ finds it. */
const serveCommands = join(import.meta.dirname, "../serve-commands.sh");
const share = "usr/local/share/lab";

/** Of QEMU's firmware, as much as a machine without a screen takes. */
const firmware = ["seabios/bios-256k.bin", "qemu/kvmvapic.bin", "qemu/linuxboot_dma.bin"];

/**
 * Makes what a machine boots from, once, in a minute or two, and returns its folder: `disk`, `vmlinuz`, `initramfs` and
 * `qemu/` (see `qemuCommand`). The name is a hash of the recipe, this file included; what is there is never changed.
 */
export async function machineImage(): Promise<string> {
  const busybox = (await run(["sh", "-c", "command -v busybox"])).trim();
  const recipe = createHash("sha256").update(readFileSync(busybox));
  const scripts = [here("init.sh"), here("finish-root.sh"), serveCommands];
  for (const file of [import.meta.filename, ...scripts, ...filesBelow(here("root"))])
    recipe.update(relative(import.meta.dirname, file)).update(readFileSync(file));
  const folder = join(cacheFolder(), "lab-machine", recipe.digest("hex").slice(0, 16));
  await madeOnce(folder, (making) => makeMachineImage(making, busybox));
  return folder;
}

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => lstatSync(path).isFile())
    .sort();

async function makeMachineImage(making: string, busybox: string): Promise<void> {
  const root = join(making, "root");
  // In namespaces of its own: whenever it ends or is killed, no mount and no process of it stays.
  const apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  await run(
    [
      ...apart,
      ...["mmdebstrap", "--quiet", "--variant=minbase", `--include=${packages.join()}`],
      ...['--aptopt=APT::Install-Recommends "false"', ...leftOut.map((path) => `--dpkgopt=path-exclude=${path}`)],
      `--essential-hook=${quote(["cp", "-r", "--preserve=mode", `${here("root")}/.`])} "$1"`,
      `--customize-hook=mkdir -p "$1/${share}" && ${quote(["cp", serveCommands])} "$1/${share}"`,
      `--customize-hook=${quote(["sh", here("finish-root.sh")])} "$1"`,
      ...[suite, root, await debianMirror()],
    ],
    { timeout: 540_000 },
  );
  const kernel = readdirSync(join(root, "boot")).find((name) => name.startsWith("vmlinuz-"));
  if (kernel === undefined) throw new LabError("lab_machine", "the machines' root has no boot/vmlinuz-*");
  renameSync(join(root, "boot", kernel), join(making, "vmlinuz"));
  rmSync(join(root, "boot"), { recursive: true });
  mkdirSync(join(root, "boot"));
  await makeInitramfs(making, {
    busybox,
    kernel: join(root, "usr/lib/modules"),
    modules: neededModules,
    init: readFileSync(here("init.sh"), "utf8"),
  });
  await copyQemu(root, join(making, "qemu"));
  // The journal is what a power cut leaves a sane file system by; its smallest size is more than enough.
  const layout = ["-J", "size=16", "-E", "lazy_itable_init=1,lazy_journal_init=1"];
  await run(["mke2fs", "-q", "-t", "ext4", ...layout, "-d", root, join(making, "disk"), diskSize], {
    timeout: 300_000,
  });
  rmSync(root, { recursive: true });
}

/** The image's QEMU with its loader and libraries, which runs on this machine whatever this machine has. */
async function copyQemu(root: string, into: string): Promise<void> {
  const programs = qemuPrograms.map((name) => join(root, "usr/bin", name));
  const loader = join(root, "lib64/ld-linux-x86-64.so.2");
  const libraries = new Set<string>();
  for (const program of programs) {
    const listed = await run([loader, "--library-path", join(root, "usr/lib/x86_64-linux-gnu"), "--list", program]);
    for (const [, path = ""] of listed.matchAll(/=> (\S+) /g)) libraries.add(path);
  }
  mkdirSync(into);
  await run(["cp", "--dereference", ...programs, loader, ...libraries, into]);
  await run(["cp", "--dereference", ...firmware.map((name) => join(root, "usr/share", name)), into]);
}

const qemuPrograms = ["qemu-system-x86_64", "qemu-img"] as const;

/** The command that runs a program of the image's QEMU. */
export const qemuCommand = (image: string, program: (typeof qemuPrograms)[number]): string[] => {
  const qemu = join(image, "qemu");
  return [join(qemu, "ld-linux-x86-64.so.2"), "--library-path", qemu, join(qemu, program)];
};
