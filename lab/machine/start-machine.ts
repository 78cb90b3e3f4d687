import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { environment } from "../command.ts";
import { managementLink, silenceNamespace, switchMtu } from "../links.ts";
import { enterProcesses, type Namespace } from "../namespace.ts";
import { makeHostKey } from "../ssh-daemon.ts";
import { openWholeLink, type Tap } from "../tap.ts";
import { openDisk } from "./disk.ts";
import { machineImage } from "./image.ts";
import { type Machine, machineReady } from "./machine-ready.ts";
import { type handedIn, inherited, type Opened, qemuOf } from "./qemu-arguments.ts";
import { knowMachine } from "./ssh.ts";

export interface MachineOptions extends Machine {
  readonly clientPublicKey: string;
  /** Whether the kernel uses the IOMMU, without which no device can be handed to a domain. */
  readonly iommu: boolean;
}

/**
 * Boots a machine in a namespace whose links are the far ends of its NICs: `mgmt`, an igb for each uplink, and the plain ones.
 * Its disk is a copy that ends with it, and the machine ends with the namespace. Resolves to its host key when SSH, its NICs
 * and libvirt are there.
 */
export async function startMachine(namespace: Namespace, options: MachineOptions): Promise<string> {
  const image = await machineImage();
  await silenceNamespace(namespace);
  const hostKey = await makeHostKey(join(namespace.folder, "host-key"));
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
    disk: await openDisk(image),
  };
  const failure = runQemu(namespace, qemuOf(namespace, image, opened, options.iommu), inherited(opened));
  await machineReady(namespace, options, { first: true, failure });
  return hostKey;
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
  for (const file of [log, ...files]) closeSync(file);
  let ended = false;
  for (const event of ["exit", "error"]) child.once(event, () => (ended = true));
  return () => (ended ? readFileSync(path, "utf8").trim() || "without a word" : undefined);
}
