import { LabError } from "../lab-error.ts";
import type { Namespace } from "../namespace.ts";
import { runOnMachine } from "./channel.ts";
import { type Machine, reachMachine } from "./machine-ready.ts";
import { withMonitor } from "./monitor.ts";
import { disconnectFromMachine } from "./ssh.ts";

/** Snapshots are kept in the disk's file. */
const inDisk = (tag: string) => ({ tag, devices: ["disk"] });

/** Keeps memory, devices and disk of a running machine, in place of what was kept by that name before. */
export const snapshotMachine = (namespace: Namespace, tag: string): Promise<void> =>
  withMonitor(namespace, async (monitor) => {
    await monitor.job("snapshot-delete", inDisk(tag));
    await monitor.job("snapshot-save", { ...inDisk(tag), vmstate: "disk" });
  });

/** Puts a machine back to a snapshot, but for the time. */
export const restoreMachine = (namespace: Namespace, machine: Machine, tag: string): Promise<void> =>
  withMonitor(namespace, async (monitor) => {
    try {
      await monitor.job("snapshot-load", { ...inDisk(tag), vmstate: "disk" });
    } catch (cause) {
      const { name } = namespace;
      throw new LabError("lab_machine", `${name} has no snapshot to go back to: lab snapshot ${name}`, { cause });
    } finally {
      // One that cannot be loaded stops the machine all the same.
      await monitor.execute("cont");
    }
    await disconnectFromMachine(namespace, machine.address);
    await reachMachine(namespace, machine, () => monitor.failure());
    const now = `@${(Date.now() / 1000).toFixed(3)}`;
    await runOnMachine(namespace, `date --set ${now}`, 60);
  });
