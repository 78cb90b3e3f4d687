import { createServer, type Server } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { LabError } from "./lab-error.ts";
import { labNames, readRecord } from "./record.ts";

/**
 * A slot is a hypervisor's share of what all labs of the machine have in common: a link name and addresses in the runner's
 * namespace, and a range of interface indices.
 */
export interface Slot {
  /** The management link's end in the runner's namespace. */
  readonly link: string;
  readonly runnerAddress: string;
  readonly hypervisorAddress: string;
  /** The hypervisor's links of later are numbered from here; see `raiseInterfaceIndices`. */
  readonly firstIndex: number;
}

/** Of 198.18.0.0/15, set aside for tests by RFC 2544, in steps of a /30: more slots would need more interface indices than is practical. */
const slots = 1024;

/** Two hypervisors' links could meet after one has made so many more than the other. Each thousand takes 0.2 s of a start. */
const indicesPerSlot = 500;

/** Begins the name of every link that a lab makes in the runner's namespace. */
export const linkPrefix = "kvmnetlab";

export function slotOf(slot: number): Slot {
  const address = (offset: number) => {
    const number = slot * 4 + offset;
    return `198.${18 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`;
  };
  return {
    link: `${linkPrefix}${slot}`,
    runnerAddress: address(1),
    hypervisorAddress: address(2),
    firstIndex: (slot + 1) * indicesPerSlot,
  };
}

/** The lowest slots that no lab's record names. Only while holding the lock, and recorded before it is let go. */
export function freeSlots(count: number): number[] {
  const taken = new Set(labNames().flatMap((lab) => readRecord(lab)?.hypervisors.map(({ slot }) => slot) ?? []));
  const free = Array.from({ length: slots }, (_, slot) => slot).filter((slot) => !taken.has(slot));
  if (free.length < count) throw new LabError("lab_full", `all ${slots} slots of this machine's labs are taken`);
  return free.slice(0, count);
}

/**
 * One process at a time makes or clears away labs. The lock is a listening abstract socket: the kernel lets go of it when
 * its holder dies, so there is no stale one.
 */
export async function locked<Value>(work: () => Promise<Value>): Promise<Value> {
  const deadline = performance.now() + 120_000;
  let lock = await listen();
  while (lock === undefined) {
    if (performance.now() > deadline)
      throw new LabError("lab_locked", "another lab has been starting or ending on this machine for two minutes");
    await delay(20);
    lock = await listen();
  }
  try {
    return await work();
  } finally {
    const held = lock;
    await new Promise((resolve) => held.close(resolve));
  }
}

function listen(): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(undefined) : reject(error),
    );
    server.listen("\0pulumi-kvm-network-lab", () => resolve(server));
  });
}
