import type { Machine } from "./machine.ts";

/** Of a domain that never runs; `devices` are added to it. */
async function writeDomain(machine: Machine, name: string, devices = ""): Promise<string> {
  const xml = `<domain type="qemu"><name>${name}</name><memory unit="MiB">64</memory>
    <os><type arch="x86_64" machine="q35">hvm</type></os>
    <devices><emulator>/usr/bin/qemu-system-x86_64</emulator><memballoon model="none"/>
      <controller type="usb" model="none"/><controller type="pci" model="pcie-root"/>
      <controller type="pci" model="pcie-root-port"/>${devices}</devices></domain>`;
  const file = `/run/${name}.xml`;
  await machine.sh(`cat >${file} <<'END'\n${xml}\nEND`);
  return file;
}

/** A domain that never runs: a device is handed to its QEMU all the same. */
export async function startDomain(machine: Machine, name: string): Promise<void> {
  await machine.sh(`virsh -q create --paused ${await writeDomain(machine, name)}`);
}

/** A domain that is shut off, with these devices in its definition. */
export async function defineDomain(machine: Machine, name: string, devices: string): Promise<void> {
  await machine.sh(`virsh -q define ${await writeDomain(machine, name, devices)}`);
}

/** Where a PCI device is, for libvirt. `pci`: `0000:01:10.0`. */
export function sourceOf(pci: string): string {
  const [bus = "", slot = "", part = ""] = pci
    .split(":")
    .slice(1)
    .flatMap((each) => each.split("."));
  return `<source><address type="pci" domain="0x0000" bus="0x${bus}" slot="0x${slot}" function="0x${part}"/></source>`;
}

/** Writes an interface that is a VF and returns the command that attaches it. `pci`: `0000:01:10.0`. */
export async function attachVf(machine: Machine, domain: string, pci: string, mac: string): Promise<string> {
  const file = `/run/${domain}-nic.xml`;
  const xml = `<interface type="hostdev" managed="yes"><mac address="${mac}"/>${sourceOf(pci)}</interface>`;
  await machine.sh(`echo '${xml}' >${file}`);
  return `virsh -q attach-device ${domain} ${file} --live`;
}
