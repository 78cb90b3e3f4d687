import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { run } from "../command.ts";
import { makeInitramfs } from "../initramfs.ts";
import type { Lab } from "../lab.ts";
import { waitUntil } from "../wait-until.ts";
import { machineImage } from "./image.ts";

/** A lab's machine, as whoever works on it runs commands there; one that fails throws. */
export interface MachineShell {
  readonly lab: Lab;
  sh(script: string): Promise<string>;
}

/** Built in or a module, as the machine's kernel has them. */
const modules = ["virtio_pci", "virtio_net", "net_failover", "igbvf"];

/**
 * Brings up every NIC that it is given and tells of it on its console, which is all that anybody sees of it; when it is defined
 * as asking, also who answers a ping of all nodes there.
 */
const init = `#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
while read -r module; do insmod "/modules/$module"; done </modules/order
exec >/dev/ttyS0 2>&1
echo booted
while :; do
  for nic in /sys/class/net/*; do
    name=\${nic##*/}
    [ "$name" != lo ] || continue
    [ "$(cat "$nic/operstate")" != down ] || ip link set "$name" up
    driver=$(readlink "$nic/device/driver")
    master=$(readlink "$nic/master")
    echo "$name $(cat "$nic/address") \${driver##*/} \${master##*/}"
    [ -n "$asking" ] || continue
    ping6 -w 2 "ff02::1%$name" 2>/dev/null | while read -r _ _ _ from _; do
      case $from in fe80:*) echo "answered \${from%:}" ;; esac
    done
  done
  echo .
  sleep 1
done
`;

const kernelArguments = "quiet loglevel=3 panic=-1 mitigations=off nokaslr no_timer_check tsc=reliable 8250.nr_uarts=1";

const folder = "/var/lib/libvirt/guest";

/** Puts kernel and initramfs of guests onto the machine: the machine's own kernel, which knows its VFs. */
export async function putGuestImage(machine: MachineShell): Promise<void> {
  const making = mkdtempSync(join(tmpdir(), "guest-"));
  try {
    const image = await machineImage();
    const found = await machine.sh(
      `cd /usr/lib/modules && find . ${["virtio*", "*failover*", "igbvf*"].map((name) => `-name '${name}.ko.xz'`).join(" -o ")}`,
    );
    for (const path of found.split("\n")) {
      const content = Buffer.from(await machine.sh(`base64 -w0 '/usr/lib/modules/${path}'`), "base64");
      mkdirSync(join(making, "kernel", dirname(path)), { recursive: true });
      writeFileSync(join(making, "kernel", path), content);
    }
    const busybox = (await run(["sh", "-c", "command -v busybox"])).trim();
    await makeInitramfs(making, { busybox, kernel: join(making, "kernel"), modules, init });
    for (const [name, path] of [
      ["vmlinuz", join(image, "vmlinuz")],
      ["initramfs", join(making, "initramfs")],
    ] as const) {
      const script = `mkdir -p ${folder} && cat >${folder}/${name}`;
      await machine.lab.exec("m1", ["sh", "-euc", script], { input: readFileSync(path), timeout: 120_000 });
    }
  } finally {
    rmSync(making, { recursive: true });
  }
}

const consoleOf = (name: string): string => `/var/log/libvirt/qemu/${name}-console.log`;

const guestXml = (
  name: string,
  asking: boolean,
): string => `<domain type="kvm"><name>${name}</name><memory unit="MiB">128</memory>
  <os><type arch="x86_64" machine="q35">hvm</type><kernel>${folder}/vmlinuz</kernel>
    <initrd>${folder}/initramfs</initrd><cmdline>console=ttyS0 ${kernelArguments}${asking ? " asking=yes" : ""}</cmdline></os>
  <features><acpi/></features><cpu mode="maximum"/>
  <devices><emulator>/usr/bin/qemu-system-x86_64</emulator><memballoon model="none"/>
    <controller type="usb" model="none"/><controller type="pci" model="pcie-root"/>
    ${'<controller type="pci" model="pcie-root-port"/>'.repeat(4)}
    <serial type="file"><source path="${consoleOf(name)}"/></serial></devices></domain>`;

/** Defines a domain with a Linux that lets go of its NICs, shut off. `asking`: see `guestAnswers`. */
export async function defineGuest(
  machine: MachineShell,
  name: string,
  { asking = false }: { readonly asking?: boolean } = {},
): Promise<void> {
  await machine.sh(`cat >/run/${name}.xml <<'END'\n${guestXml(name, asking)}\nEND\nvirsh -q define /run/${name}.xml`);
}

/** What the guest tells of its NICs by now: `MAC driver master`, by name. */
export async function guestNics(machine: MachineShell, name: string): Promise<string[]> {
  const told = await machine.sh(`cat ${consoleOf(name)} 2>/dev/null || :`);
  return (told.split(/^\.\r?$/m).at(-2) ?? "").trim().split(/\r?\n/);
}

/** Who answered when it last pinged all nodes (ff02::1): their link-local addresses. */
export async function guestAnswers(machine: MachineShell, name: string): Promise<Set<string>> {
  const told = await guestNics(machine, name);
  return new Set(told.flatMap((line) => /^answered ([^%]+)/.exec(line)?.[1] ?? []));
}

/** Starts it and waits until it has booted. */
export async function startGuest(machine: MachineShell, name: string): Promise<void> {
  await machine.sh(`virsh -q start ${name}`);
  await waitUntil(`the guest ${name}`, 500, async () => {
    const told = await machine.sh(`cat ${consoleOf(name)}`);
    return told.includes("booted") ? true : undefined;
  });
}
