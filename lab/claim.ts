import { existsSync, mkdirSync } from "node:fs";
import { ordinaryUser } from "./account.ts";
import { guestCacheFolder } from "./cache.ts";
import { isLeftover, sweep, takeDownLocked } from "./down.ts";
import { labFolder, labsFolder } from "./folder.ts";
import { LabError } from "./lab-error.ts";
import type { LabOptions } from "./lab-options.ts";
import { plainNics } from "./machine/nics.ts";
import { findNamespace, identityOfThisProcess } from "./namespace.ts";
import { type LabRecord, readRecord, writeRecord } from "./record.ts";
import { freeSlots } from "./slot.ts";

/** Takes a lab's name and slots, and writes down what it will consist of. Only while holding the lock. */
export async function claim(options: LabOptions): Promise<LabRecord> {
  const { name, hypervisors = 2, machines = 0, uplinks = 2, networkManager = "none" } = options;
  const isOrdinary = options.ordinaryUser ?? process.env.PULUMI_KVM_NETWORK_LAB_USER === "ordinary";
  await sweep();
  if (existsSync(labFolder(name))) {
    // A persistent lab whose namespaces have ended (a reboot keeps no /run, but a kill of its init does) is no lab either.
    const record = readRecord(name);
    if (!isLeftover(record) && record?.hypervisors.some((hypervisor) => runs(name, hypervisor.name)))
      throw new LabError("lab_exists", `a lab named ${name} is up: take it down first, or give this one another name`);
    await takeDownLocked(name);
  }
  const record: LabRecord = {
    name,
    owner: identityOfThisProcess(),
    persistent: options.persistent ?? false,
    ready: false,
    file: options.file ?? null,
    hypervisors: freeSlots(hypervisors + machines).map((slot, index) => {
      const machine = index >= hypervisors;
      const uplinkName = (number: number) => (machine ? `enp${number}s0` : `eth${number}`);
      return {
        name: machine ? `m${index - hypervisors + 1}` : `hv${index + 1}`,
        slot,
        uplinks: Array.from({ length: uplinks }, (_, uplink) => uplinkName(uplink + 1)),
        nics: machine ? [...plainNics] : [],
        hostKey: null,
        user: isOrdinary && !machine ? ordinaryUser : "root",
        machine,
        networkManager: machine ? networkManager : "none",
      };
    }),
  };
  mkdirSync(labsFolder, { recursive: true, mode: 0o700 });
  mkdirSync(labFolder(name), { mode: 0o700 });
  mkdirSync(guestCacheFolder(), { recursive: true });
  writeRecord(record);
  return record;
}

function runs(lab: string, namespace: string): boolean {
  try {
    return findNamespace(lab, namespace).pid > 0;
  } catch {
    return false;
  }
}
