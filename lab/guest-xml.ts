import { guestCacheInside } from "./cache.ts";

export interface GuestOptions {
  /** `<interface>` elements of its definition. Default: no NIC. */
  readonly interfacesXml?: string;
  /** Default 128. */
  readonly memoryMiB?: number;
}

/** Where a guest's command channel is, as its hypervisor sees it. */
export const channelInside = (guest: string): string => `/run/guests/${guest}.sock`;

/** NICs that can be plugged in while it runs, one a port. */
const freePorts = 6;

/** Little to find, little to wait for: the guest shall boot fast on an emulated CPU. */
const kernelArguments = "quiet loglevel=0 panic=-1 mitigations=off nokaslr no_timer_check tsc=reliable 8250.nr_uarts=1";

/** A domain that boots the distribution's kernel from an initramfs alone, with its first serial line as command channel. */
export function guestXml(name: string, image: string, options: GuestOptions): string {
  return `<domain type="qemu">
  <name>${name}</name>
  <memory unit="MiB">${options.memoryMiB ?? 128}</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch="x86_64" machine="q35">hvm</type>
    <kernel>${guestCacheInside}/${image}/vmlinuz</kernel>
    <initrd>${guestCacheInside}/${image}/initramfs</initrd>
    <cmdline>${kernelArguments}</cmdline>
  </os>
  <features><acpi/></features>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <controller type="usb" model="none"/>
    <controller type="pci" index="0" model="pcie-root"/>
    ${'<controller type="pci" model="pcie-root-port"/>'.repeat(freePorts)}
    <serial type="unix"><source mode="bind" path="${channelInside(name)}"/></serial>
    <memballoon model="none"/>
    ${options.interfacesXml ?? ""}
  </devices>
</domain>
`;
}
