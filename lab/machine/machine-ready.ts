import { join } from "node:path";
import { LabError } from "../lab-error.ts";
import type { NetworkManager } from "../lab-options.ts";
import { cabled } from "../links.ts";
import type { Namespace } from "../namespace.ts";
import { answers } from "../ssh-daemon.ts";
import { waitUntil } from "../wait-until.ts";
import { runOnMachine, untilServing } from "./channel.ts";
import { connectToMachine } from "./ssh.ts";

export interface Machine {
  /** SSH answers at it. */
  readonly address: string;
  /** As systemd names an igb in the root ports: `enp1s0`, `enp2s0`, … */
  readonly uplinks: readonly string[];
  readonly nics: readonly string[];
  readonly networkManager: NetworkManager;
}

/** An emulated machine is up in 20 s, on a busy computer in minutes. */
const bootSeconds = 480;

/** SSH answers before the last device and the last service are there. `degraded`, also an answer, is no failure of ours. */
const settle = (up: boolean, links: readonly string[]): string => `
systemctl is-system-running --wait >/dev/null || :
for link in ${links.join(" ")}; do
  until [ -e "/sys/class/net/$link" ]; do sleep 0.1; done
  ${up ? 'ip link set dev "$link" up' : ""}
done
virsh -q version >/dev/null
`;

export const consoleOf = (namespace: Namespace): string => join(namespace.folder, "console.log");

/** Waits for a machine's SSH, and connects. `failure`: why it will not come, when it will not. */
export async function reachMachine(
  namespace: Namespace,
  { address }: Machine,
  failure: () => string | undefined,
  seconds = bootSeconds,
): Promise<void> {
  const wanted = `SSH of ${namespace.name} at ${address}:22 (its console: ${consoleOf(namespace)})`;
  await waitUntil(wanted, seconds, () => {
    const problem = failure();
    if (problem !== undefined) throw new LabError("lab_machine", `QEMU of ${namespace.name} ended: ${problem}`);
    return answers(address);
  });
  await connectToMachine(namespace, address);
}

/**
 * Waits for a machine that boots: SSH, its NICs and libvirt. At its first boot they are brought up; later only where no network
 * manager runs, so that what comes back by itself can be told.
 */
export async function machineReady(
  namespace: Namespace,
  machine: Machine,
  { first, failure }: { readonly first: boolean; readonly failure: () => string | undefined },
): Promise<void> {
  await reachMachine(namespace, machine, failure);
  await untilServing(namespace, bootSeconds);
  const up = first || machine.networkManager === "none";
  const { status, stdout } = await runOnMachine(namespace, settle(up, cabled(machine)), 300);
  if (status !== 0) throw new LabError("lab_machine", `${namespace.name} did not settle: ${stdout.trim()}`);
}
