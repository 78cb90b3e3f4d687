import { createLab, type Lab } from "../lab/lab.ts";
import { linkLocal } from "../lab/link-local.ts";
import { defineGuest, guestAnswers, type MachineShell, putGuestImage, startGuest } from "../lab/machine/guest.ts";
import { addNeighbour, answersNeighbour } from "../lab/neighbour.ts";
import { waitUntil } from "../lab/wait-until.ts";
import { claim } from "./demo-failed.ts";
import { mustRun } from "./must-run.ts";
import { progress } from "./screen.ts";
import type { Undo } from "./story.ts";

/** Those of demo/machine-program.ts. */
export const machineVms: readonly string[] = ["db-1", "db-2"];

/** Seconds that guests have to boot and answer: their CPUs are emulated, by one that may be. */
const patience = 600;

export interface MachineFleet extends MachineShell {
  /** The station at the adjacent switch. */
  readonly near: string;
}

export async function startMachine(undo: Undo): Promise<MachineFleet> {
  const options = { hypervisors: 0, machines: 1, uplinks: 1, networkManager: "systemd-networkd" } as const;
  const starting = createLab({ name: `demo-${process.pid}`, ...options });
  undo.push(async () => (await starting.catch(() => undefined))?.down());
  const lab = await progress("booting the machine", () => starting);
  return { lab, near: await addNeighbour(lab, 1), sh: (script) => onMachine(lab, script) };
}

const onMachine = async (lab: Lab, script: string): Promise<string> =>
  (await mustRun(lab, "m1", ["sh", "-euc", script])).trim();

/** Domains without a NIC, which start with the machine. */
export async function defineVms(fleet: MachineFleet): Promise<void> {
  await putGuestImage(fleet);
  for (const name of machineVms) {
    await defineGuest(fleet, name, { asking: true });
    await fleet.sh(`virsh -q autostart ${name}`);
  }
}

export async function bootVms(fleet: MachineFleet): Promise<void> {
  await Promise.all(machineVms.map((name) => startGuest(fleet, name)));
}

export type Macs = Readonly<Record<string, string>>;

/** Whether each VM's ping of all nodes is answered by those of the others that should, and by no other. */
export async function mustAnswer(
  fleet: MachineFleet,
  macs: Macs,
  expected: (from: string, to: string) => boolean,
): Promise<void> {
  const addressOf = (name: string) => linkLocal(macs[name] ?? "");
  for (const from of machineVms) {
    const others = machineVms.filter((name) => name !== from);
    const wanted = others.filter((to) => expected(from, to)).join(", ");
    let answered = "";
    const asExpected = async () => {
      const answers = await guestAnswers(fleet, from);
      // Its own answer, or another station's, shows that it asks.
      if (answers.size === 0) return undefined;
      answered = others.filter((to) => answers.has(addressOf(to))).join(", ");
      return answered === wanted || undefined;
    };
    const holds = await waitUntil(`the answers to ${from}`, patience, asExpected).catch(() => false);
    claim(holds, `${from} should be answered by ${wanted || "none of the VMs"}, and is by ${answered || "none"}`);
  }
}

/** Whether a ping from the switch, in no VLAN, is answered by the machine itself and by no VM. */
export async function mustPassVms({ lab, near, sh }: MachineFleet, macs: Macs): Promise<void> {
  const own = await sh("cat /sys/class/net/enp1s0/address");
  const answers = async (mac: string) => (await answersNeighbour(lab, mac, near)) || undefined;
  const answered = await waitUntil("the machine to answer", patience, () => answers(own)).catch(() => false);
  claim(answered, "the machine should answer a ping from the switch");
  for (const vm of machineVms)
    claim(!(await answers(macs[vm] ?? "")), `${vm} should not answer a ping from the switch: it is in a VLAN`);
}

/** Forgets what the guests told, so that what is told from now on is new. */
export const forgetAnswers = (fleet: MachineFleet): Promise<string> =>
  fleet.sh("rm -f /var/log/libvirt/qemu/*-console.log");
