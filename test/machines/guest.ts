import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { run } from "../../lab/command.ts";
import { makeInitramfs } from "../../lab/initramfs.ts";
import { machineImage } from "../../lab/machine/image.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import type { Machine } from "./machine.ts";

/** Built in or a module, as the machine's kernel has them. */
const modules = ["virtio_pci", "virtio_net", "net_failover", "igbvf"];

/** Brings up every NIC that it is given and tells of it on its console, which is all that anybody sees of it. */
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
  done
  echo .
  sleep 1
done
`;

const kernelArguments = "quiet loglevel=3 panic=-1 mitigations=off nokaslr no_timer_check tsc=reliable 8250.nr_uarts=1";

const folder = "/var/lib/libvirt/guest";

/** Puts kernel and initramfs of guests onto the machine: the machine's own kernel, which knows its VFs. */
export async function putGuestImage(machine: Machine): Promise<void> {
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

const guestXml = (name: string): string => `<domain type="kvm"><name>${name}</name><memory unit="MiB">128</memory>
  <os><type arch="x86_64" machine="q35">hvm</type><kernel>${folder}/vmlinuz</kernel>
    <initrd>${folder}/initramfs</initrd><cmdline>console=ttyS0 ${kernelArguments}</cmdline></os>
  <features><acpi/></features><cpu mode="maximum"/>
  <devices><emulator>/usr/bin/qemu-system-x86_64</emulator><memballoon model="none"/>
    <controller type="usb" model="none"/><controller type="pci" model="pcie-root"/>
    ${'<controller type="pci" model="pcie-root-port"/>'.repeat(4)}
    <serial type="file"><source path="/var/log/libvirt/qemu/${name}-console.log"/></serial></devices></domain>`;

/** Defines a domain with a Linux that lets go of its NICs, shut off. */
export async function defineGuest(machine: Machine, name: string): Promise<void> {
  await machine.sh(`cat >/run/${name}.xml <<'END'\n${guestXml(name)}\nEND\nvirsh -q define /run/${name}.xml`);
}

/** What the guest tells of its NICs by now: `MAC driver master`, by name. */
export async function guestNics(machine: Machine, name: string): Promise<string[]> {
  const told = await machine.sh(`cat /var/log/libvirt/qemu/${name}-console.log 2>/dev/null || :`);
  return (told.split(/^\.\r?$/m).at(-2) ?? "").trim().split(/\r?\n/);
}

/** Starts it and waits until it has booted. */
export async function startGuest(machine: Machine, name: string): Promise<void> {
  await machine.sh(`virsh -q start ${name}`);
  await waitUntil(`the guest ${name}`, 500, async () => {
    const told = await machine.sh(`cat /var/log/libvirt/qemu/${name}-console.log`);
    return told.includes("booted") ? true : undefined;
  });
}
