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

/** It answers at once; on a busy computer in seconds. */
const restoredSeconds = 90;

/** Why nobody gets in, as the machine itself tells. */
const evidence = async (namespace: Namespace): Promise<string> => {
  const look =
    "uptime; ip -br addr; ip neigh; ip route; systemctl --no-pager status ssh | head -n 5; dmesg | tail -n 20";
  return await runOnMachine(namespace, look, 60).then(({ stdout }) => stdout, String);
};

/** Puts a machine back to a snapshot, but for the time. One that nobody gets into is put back once more. */
export const restoreMachine = (namespace: Namespace, machine: Machine, tag: string): Promise<void> =>
  withMonitor(namespace, async (monitor) => {
    const load = async () => {
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
      await reachMachine(namespace, machine, () => monitor.failure(), restoredSeconds);
    };
    await load().catch(async (error: unknown) => {
      if (!(error instanceof LabError && error.code === "lab_timeout")) throw error;
      console.error(`${error.message}\n${await evidence(namespace)}\n${namespace.name} is put back once more`);
      await load();
    });
    const now = `@${(Date.now() / 1000).toFixed(3)}`;
    await runOnMachine(namespace, `date --set ${now}`, 60);
  });
