import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { environment, run } from "../command.ts";
import { LabError } from "../lab-error.ts";
import { managementLink, silenceNamespace, switchMtu } from "../links.ts";
import { enterProcesses, type Namespace } from "../namespace.ts";
import { answers, makeHostKey } from "../ssh-daemon.ts";
import { openWholeLink, type Tap } from "../tap.ts";
import { waitUntil } from "../wait-until.ts";
import { machineImage, qemuCommand } from "./image.ts";
import { commandOnMachine, connectToMachine, knowMachine } from "./ssh.ts";

export interface MachineOptions {
  /** SSH answers at it. */
  readonly address: string;
  /** As systemd names an igb in the root ports: `enp1s0`, `enp2s0`, … */
  readonly uplinks: readonly string[];
  readonly clientPublicKey: string;
  /** Whether the kernel uses the IOMMU, without which no device can be handed to a domain. */
  readonly iommu: boolean;
}

/** SSH answers before the last device and the last service are there. `degraded`, also an answer, is no failure of ours. */
const settle = `
systemctl is-system-running --wait >/dev/null || :
for link; do ip link set dev "$link" up; done
virsh -q version >/dev/null
`;

/** Enough for a few small domains, whose memory a device that is handed over pins. */
const memoryMiB = 2048;

/** An emulated machine is up in 20 s, on a busy computer in a minute. */
const bootSeconds = 240;

/** The kernel says only what went wrong, and trusts the emulated clock. */
const kernelArguments =
  "root=/dev/vda rw console=ttyS0 quiet loglevel=3 mitigations=off nokaslr no_timer_check tsc=reliable";

/**
 * Boots a machine in a namespace whose links are the far ends of its NICs: `mgmt`, and an igb for each uplink. Its disk is a
 * copy that ends with it, and the machine ends with the namespace. Resolves to its host key when SSH, its uplinks and
 * libvirt are there.
 */
export async function startMachine(namespace: Namespace, options: MachineOptions): Promise<string> {
  const { address, uplinks, clientPublicKey } = options;
  const image = await machineImage();
  await silenceNamespace(namespace);
  const hostKey = await makeHostKey(join(namespace.folder, "host-key"));
  for (const [file, text] of Object.entries({
    name: namespace.name,
    address: `${address}/30`,
    "authorized-key": `${clientPublicKey}\n`,
  }))
    writeFileSync(join(namespace.folder, file), text);
  knowMachine(namespace, address, hostKey);

  const taps = [await openWholeLink(namespace, managementLink, 1500)];
  for (const uplink of uplinks) taps.push(await openWholeLink(namespace, uplink, switchMtu));
  const failure = runQemu(
    namespace,
    [...qemuCommand(image), ...machineArguments(namespace, image, options, taps)],
    taps,
  );

  await waitUntil(
    `SSH of ${namespace.name} at ${address}:22 (its console: ${consoleOf(namespace)})`,
    bootSeconds,
    () => {
      const problem = failure();
      if (problem !== undefined) throw new LabError("lab_machine", `QEMU of ${namespace.name} ended: ${problem}`);
      return answers(address);
    },
  );
  await connectToMachine(namespace, address);
  await run(commandOnMachine(namespace, address, ["sh", "-ec", settle, "sh", ...uplinks]), { timeout: 180_000 });
  return hostKey;
}

export const consoleOf = (namespace: Namespace): string => join(namespace.folder, "console.log");

function machineArguments(
  namespace: Namespace,
  image: string,
  options: MachineOptions,
  taps: readonly Tap[],
): string[] {
  const accelerators = hasVirtualization() ? ["-accel", "kvm"] : [];
  const handedIn = ["name", "address", "authorized-key", "host-key"];
  return [
    ...["-M", "q35,kernel-irqchip=split", ...accelerators, "-accel", "tcg,thread=multi"],
    // Five levels of page tables take an emulated CPU longer.
    ...["-cpu", "max,la57=off", "-smp", "2", "-m", `${memoryMiB}`, "-display", "none"],
    ...["-device", "intel-iommu,intremap=on,caching-mode=on"],
    ...taps.flatMap(({ mac }, index) => {
      const nic = index === 0 ? "virtio-net-pci" : `igb,bus=uplink${index}`;
      const port = index === 0 ? [] : ["-device", `pcie-root-port,id=uplink${index},chassis=${index}`];
      return [
        ...port,
        ...["-netdev", `tap,id=nic${index},fd=${firstTap + index}`],
        ...["-device", `${nic},netdev=nic${index},mac=${mac},romfile=`],
      ];
    }),
    ...["-drive", `file=${join(image, "disk")},format=raw,if=none,id=disk,snapshot=on,cache=unsafe`],
    ...["-device", "virtio-blk-pci,drive=disk", "-device", "virtio-rng-pci"],
    ...["-kernel", join(image, "vmlinuz"), "-initrd", join(image, "initramfs")],
    ...["-append", `${kernelArguments} intel_iommu=${options.iommu ? "on iommu=pt" : "off"}`],
    ...handedIn.flatMap((name) => ["-fw_cfg", `name=opt/lab/${name},file=${join(namespace.folder, name)}`]),
    ...["-serial", `file:${consoleOf(namespace)}`],
  ];
}

/** Without it KVM may be there and not be usable: a KVM of another kind, which runs only kernels made for it. */
const hasVirtualization = () => /^flags\b.* (vmx|svm)\b/m.test(readFileSync("/proc/cpuinfo", "utf8"));

/** QEMU inherits the taps behind standard input, output and error. */
const firstTap = 3;

/** Starts QEMU, which outlives this process, and returns what tells why it ended, if it has. */
function runQemu(namespace: Namespace, command: readonly string[], taps: readonly Tap[]): () => string | undefined {
  const path = join(namespace.folder, "qemu.log");
  const log = openSync(path, "a");
  const [program = "", ...args] = enterProcesses(namespace, command);
  const child = spawn(program, args, {
    detached: true,
    env: environment,
    stdio: ["ignore", log, log, ...taps.map(({ file }) => file)],
  });
  child.unref();
  for (const file of [log, ...taps.map((tap) => tap.file)]) closeSync(file);
  let ended = false;
  for (const event of ["exit", "error"]) child.once(event, () => (ended = true));
  return () => (ended ? readFileSync(path, "utf8").trim() || "without a word" : undefined);
}
