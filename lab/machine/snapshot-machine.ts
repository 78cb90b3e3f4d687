import { run } from "../command.ts";
import { LabError } from "../lab-error.ts";
import type { Namespace } from "../namespace.ts";
import { type Machine, reachMachine } from "./machine-ready.ts";
import { withMonitor } from "./monitor.ts";
import { commandOnMachine, disconnectFromMachine } from "./ssh.ts";

/** A machine has one snapshot, kept in its disk's file. */
const snapshot = { tag: "lab", devices: ["disk"] };

/** Keeps memory, devices and disk of a running machine, in place of what was kept before. */
export const snapshotMachine = (namespace: Namespace): Promise<void> =>
  withMonitor(namespace, async (monitor) => {
    await monitor.job("snapshot-delete", snapshot);
    await monitor.job("snapshot-save", { ...snapshot, vmstate: "disk" });
  });

/** Puts a machine back to its snapshot, but for the time. */
export const restoreMachine = (namespace: Namespace, machine: Machine): Promise<void> =>
  withMonitor(namespace, async (monitor) => {
    try {
      await monitor.job("snapshot-load", { ...snapshot, vmstate: "disk" });
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
    await run(commandOnMachine(namespace, machine.address, ["date", "--set", now]));
  });
