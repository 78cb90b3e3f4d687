import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Namespace } from "../namespace.ts";
import type { Tap } from "../tap.ts";
import { channelSocket } from "./channel.ts";
import { qemuCommand } from "./image.ts";
import { consoleOf } from "./machine-ready.ts";
import { monitorSocket } from "./monitor.ts";
import { managementSlot, plainSlots } from "./nics.ts";

/** What QEMU is handed as open files; the numbers under which it finds them follow from `inherited`. */
export interface Opened {
  readonly management: Tap;
  readonly nics: readonly Tap[];
  readonly uplinks: readonly Tap[];
  readonly disk: number;
}

/** Enough for a few small domains, whose memory a device that is handed over pins. */
const memoryMiB = 2048;

/**
 * The kernel says only what went wrong, and reads the time of another clock than the emulated CPU's TSC, which a process of QEMU never puts
 * back: a restored machine would leap over all that has gone by since its snapshot, behind which systemd's watchdogs end its daemons.
 */
const kernelArguments =
  "root=/dev/vda rw console=ttyS0 quiet loglevel=3 mitigations=off nokaslr no_timer_check tsc=unstable";

/** Files of the machine's folder, which its init and its lab-setup read. */
export const handedIn = ["name", "address", "authorized-key", "host-key", "network-manager"] as const;

/** The open files that QEMU inherits, behind standard input, output and error. */
export const inherited = ({ management, nics, uplinks, disk }: Opened): number[] => [
  disk,
  ...[management, ...nics, ...uplinks].map(({ file }) => file),
];

const firstInherited = 3;

/** The command that runs a machine. `iommu`: whether its kernel uses the IOMMU. */
export function qemuOf(namespace: Namespace, image: string, opened: Opened, iommu: boolean): string[] {
  const accelerators = hasVirtualization() ? ["-accel", "kvm"] : [];
  return [
    ...qemuCommand(image, "qemu-system-x86_64"),
    ...["-nodefaults", "-no-user-config", "-L", join(image, "qemu")],
    ...["-M", "q35,kernel-irqchip=split", ...accelerators, "-accel", "tcg,thread=multi"],
    // Five levels of page tables take an emulated CPU longer.
    ...["-cpu", "max,la57=off", "-smp", "2", "-m", `${memoryMiB}`, "-display", "none"],
    ...["-device", "intel-iommu,intremap=on,caching-mode=on"],
    ...nicsOf(opened),
    ...["-add-fd", `fd=${firstInherited},set=1`],
    ...["-blockdev", "driver=qcow2,node-name=disk,file.driver=file,file.filename=/dev/fdset/1,cache.no-flush=on"],
    ...["-device", "virtio-blk-pci,drive=disk", "-device", "virtio-rng-pci"],
    ...["-kernel", join(image, "vmlinuz"), "-initrd", join(image, "initramfs")],
    ...["-append", `${kernelArguments} intel_iommu=${iommu ? "on iommu=pt" : "off"}`],
    ...handedIn.flatMap((name) => ["-fw_cfg", `name=opt/lab/${name},file=${join(namespace.folder, name)}`]),
    ...["-serial", `file:${consoleOf(namespace)}`],
    ...["-device", "virtio-serial-pci", "-device", "virtserialport,chardev=channel,name=lab.channel"],
    ...["-chardev", `socket,id=channel,path=${channelSocket(namespace)},server=on,wait=off`],
    ...["-qmp", `unix:${monitorSocket(namespace)},server=on,wait=off`],
  ];
}

function nicsOf({ nics, uplinks, management }: Opened): string[] {
  const devices = [
    `virtio-net-pci,addr=${managementSlot}`,
    // A bond with LACP wants to know their speed.
    ...nics.map((_, index) => `virtio-net-pci,addr=${plainSlots[index]},speed=1000,duplex=full`),
    ...uplinks.map((_, index) => `igb,bus=uplink${index + 1}`),
  ];
  const ports = uplinks.flatMap((_, index) => ["-device", `pcie-root-port,id=uplink${index + 1},chassis=${index + 1}`]);
  return [
    ...ports,
    ...[management, ...nics, ...uplinks].flatMap(({ mac }, index) => [
      ...["-netdev", `tap,id=nic${index},fd=${firstInherited + 1 + index}`],
      ...["-device", `${devices[index]},netdev=nic${index},mac=${mac},romfile=`],
    ]),
  ];
}

/** Without it KVM may be there and not be usable: a KVM of another kind, which runs only kernels made for it. */
const hasVirtualization = () => /^flags\b.* (vmx|svm)\b/m.test(readFileSync("/proc/cpuinfo", "utf8"));
