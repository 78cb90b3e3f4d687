import type { Namespace } from "../namespace.ts";
import { beginOnMachine } from "./channel.ts";
import { type Machine, machineReady } from "./machine-ready.ts";
import { type Monitor, withMonitor } from "./monitor.ts";
import { disconnectFromMachine } from "./ssh.ts";

/** An orderly end ends each service too, and gives one up only after a minute and a half. */
const shutdownSeconds = 240;

/** Reboots a machine as its administrator would, and waits until it is back. */
export const rebootMachine = (namespace: Namespace, machine: Machine): Promise<void> =>
  restart(namespace, machine, async () => {
    await beginOnMachine(namespace, "systemctl --no-block reboot");
  });

/**
 * Pulls a machine's plug and puts it in again: a reset in the middle of whatever it does. What it has not written is lost with
 * its memory; what it wrote is on its disk, as if the disk had no cache of its own.
 */
export const cutPowerOfMachine = (namespace: Namespace, machine: Machine): Promise<void> =>
  restart(namespace, machine, async (monitor) => {
    await monitor.execute("system_reset");
  });

function restart(namespace: Namespace, machine: Machine, begin: (monitor: Monitor) => Promise<void>): Promise<void> {
  return withMonitor(namespace, async (monitor) => {
    await begin(monitor);
    await monitor.event("RESET", shutdownSeconds);
    await disconnectFromMachine(namespace, machine.address);
    await machineReady(namespace, machine, { first: false, failure: () => monitor.failure() });
  });
}
