import type { Machine } from "./machine.ts";

/** A domain that never runs: a device is handed to its QEMU all the same. */
export async function startDomain(machine: Machine, name: string): Promise<void> {
  const xml = `<domain type="qemu"><name>${name}</name><memory unit="MiB">64</memory>
    <os><type arch="x86_64" machine="q35">hvm</type></os>
    <devices><emulator>/usr/bin/qemu-system-x86_64</emulator><memballoon model="none"/>
      <controller type="usb" model="none"/><controller type="pci" model="pcie-root"/>
      <controller type="pci" model="pcie-root-port"/></devices></domain>`;
  await machine.sh(`cat >/run/${name}.xml <<'END'\n${xml}\nEND\nvirsh -q create --paused /run/${name}.xml`);
}

/** Writes an interface that is a VF and returns the command that attaches it. `pci`: `0000:01:10.0`. */
export async function attachVf(machine: Machine, domain: string, pci: string, mac: string): Promise<string> {
  const [bus = "", slot = "", part = ""] = pci
    .split(":")
    .slice(1)
    .flatMap((each) => each.split("."));
  const address = `<address type="pci" domain="0x0000" bus="0x${bus}" slot="0x${slot}" function="0x${part}"/>`;
  const file = `/run/${domain}-nic.xml`;
  const xml = `<interface type="hostdev" managed="yes"><mac address="${mac}"/><source>${address}</source></interface>`;
  await machine.sh(`echo '${xml}' >${file}`);
  return `virsh -q attach-device ${domain} ${file} --live`;
}
