import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { environment, run } from "../command.ts";
import { managementLink, silenceNamespace, switchMtu } from "../links.ts";
import { madeOnce } from "../made-once.ts";
import { enterProcesses, type Namespace } from "../namespace.ts";
import { makeHostKey, readHostKey } from "../ssh-daemon.ts";
import { openWholeLink, type Tap } from "../tap.ts";
import { arrive, bootedPlace, bootedTag, hostKeys, keepBooted } from "./booted.ts";
import { openDisk } from "./disk.ts";
import { machineImage } from "./image.ts";
import { type Machine, machineReady, reachMachine } from "./machine-ready.ts";
import { type handedIn, hasVirtualization, inherited, type Opened, qemuOf } from "./qemu-arguments.ts";
import { knowMachine } from "./ssh.ts";

export interface MachineOptions extends Machine {
  readonly clientPublicKey: string;
  /** Whether the kernel uses the IOMMU, without which no device can be handed to a domain. */
  readonly iommu: boolean;
}

/**
 * Starts a machine in a namespace whose links are the far ends of its NICs: `mgmt`, an igb for each uplink, and the plain ones.
 * The first of its kind boots and is then kept; those of later go on from there. Its disk is a copy that ends with it, and the
 * machine ends with the namespace. Resolves to its host key when SSH, its NICs and libvirt are there.
 */
export async function startMachine(namespace: Namespace, options: MachineOptions): Promise<string> {
  const image = await machineImage();
  await silenceNamespace(namespace);
  const place = bootedPlace(image, namespace.name, options);
  // With KVM a boot is short, and what the processor has may be what cannot be kept.
  const keeps = !hasVirtualization();
  const booted = keeps && existsSync(place);
  const hostKey = booted ? await takeHostKey(place, namespace) : await makeHostKey(join(namespace.folder, "host-key"));
  handIn(namespace, {
    name: namespace.name,
    address: `${options.address}/30`,
    "authorized-key": `${options.clientPublicKey}\n`,
    "network-manager": options.networkManager,
  });
  knowMachine(namespace, options.address, hostKey);

  const opened: Opened = {
    management: await openWholeLink(namespace, managementLink, 1500),
    nics: await openAll(namespace, options.nics),
    uplinks: await openAll(namespace, options.uplinks),
    disk: await openDisk(image, booted ? join(place, "disk") : undefined),
  };
  try {
    const command = [...qemuOf(namespace, image, opened, options.iommu), ...(booted ? ["-loadvm", bootedTag] : [])];
    const failure = runQemu(namespace, command, inherited(opened));
    if (booted) {
      await arrive(namespace, options);
      await reachMachine(namespace, options, failure);
    } else {
      await machineReady(namespace, options, { first: true, failure });
      if (keeps) await madeOnce(place, (making) => keepBooted(namespace, options, opened.disk, making));
    }
  } finally {
    for (const file of inherited(opened)) closeSync(file);
  }
  return hostKey;
}

async function takeHostKey(place: string, namespace: Namespace): Promise<string> {
  await run(["cp", "-p", ...hostKeys(place), namespace.folder]);
  return readHostKey(join(namespace.folder, "host-key"));
}

/** The host key is there already. */
function handIn(namespace: Namespace, texts: Record<Exclude<(typeof handedIn)[number], "host-key">, string>): void {
  for (const [file, text] of Object.entries(texts)) writeFileSync(join(namespace.folder, file), text);
}

async function openAll(namespace: Namespace, links: readonly string[]): Promise<Tap[]> {
  const taps: Tap[] = [];
  for (const link of links) taps.push(await openWholeLink(namespace, link, switchMtu));
  return taps;
}

/** Starts QEMU, which outlives this process, and returns what tells why it ended, if it has. */
function runQemu(namespace: Namespace, command: readonly string[], files: readonly number[]): () => string | undefined {
  const path = join(namespace.folder, "qemu.log");
  const log = openSync(path, "a");
  const [program = "", ...args] = enterProcesses(namespace, command);
  const child = spawn(program, args, { detached: true, env: environment, stdio: ["ignore", log, log, ...files] });
  child.unref();
  closeSync(log);
  let ended = false;
  for (const event of ["exit", "error"]) child.once(event, () => (ended = true));
  return () => (ended ? readFileSync(path, "utf8").trim() || "without a word" : undefined);
}
