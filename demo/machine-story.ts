import { mkdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { repositoryFile } from "../lab/stack.ts";
import { claim } from "./demo-failed.ts";
import { type Engine, startEngine } from "./engine.ts";
import { trimDiff, trimRefusal, trimUpdate } from "./engine-output.ts";
import { explainNic } from "./machine-explain.ts";
import {
  bootVms,
  defineVms,
  forgetAnswers,
  type MachineFleet,
  type Macs,
  machineVms,
  mustAnswer,
  mustPassVms,
  startMachine,
} from "./machine-fleet.ts";
import { machineTraces } from "./machine-traces.ts";
import { editText, programText } from "./program-text.ts";
import { checked, command, heading, line, note, paint, progress, say } from "./screen.ts";
import type { Undo } from "./story.ts";

const folder = fileURLToPath(new URL("../demo-out", import.meta.url));
const log = join(folder, "machine-engine.log");

const update = ["up", "--yes", "--skip-preview"];

/** The second part: VFs. As in the first, each claim is checked, and the first that fails ends it. */
export async function tellOfMachines(undo: Undo, interrupted: AbortSignal): Promise<void> {
  const started = performance.now();
  await mkdir(folder, { recursive: true });

  heading("A machine with an SR-IOV NIC");
  say("It is QEMU's, with a kernel, systemd and libvirt of its own. Its NIC is an Intel 82576, whose driver is igb.");
  const fleet = await startMachine(undo);
  const { lab } = fleet;
  await progress("putting VMs onto it", () => defineVms(fleet));
  const nothing = await machineTraces(fleet);
  const booting = bootVms(fleet);
  // Awaited later; until then a failure must not end the process unheard.
  booting.catch(() => {});
  checked(`m1 (${lab.hypervisors[0]?.connection.host}) answers. Two VMs boot on it; none has a NIC.`);

  heading("What the NIC can");
  const explained = await progress("asking the machine", () => explainNic(lab, "enp1s0"), true);
  claim(/SR-IOV +7 VFs possible, 0 made/.test(explained), "the NIC should have 7 VFs to make");
  claim(/\n {2}embedded +\S.*no \(\d+\)/.test(explained), "the NIC's own switch should not know vepa");
  claim(/igb, knows VEB alone/.test(explained.replaceAll(/\s+/g, " ")), "a note should tell why: the driver");
  checked("Its own switch is a VEB, and igb knows no other: VMs of mode vepa get macvtaps (type ethernet).");

  heading("The program");
  const program = await repositoryFile("demo/machine-program.ts");
  line(programText(program));
  note("This is demo/machine-program.ts, just as it is run.");

  heading("The preview");
  const files = { "machine.json": JSON.stringify(lab.hypervisors[0]?.connection) };
  const starting = startEngine({ program, files, interrupted, log });
  undo.push(async () => (await starting.catch(() => undefined))?.end());
  const engine = await starting;
  // VMs that boot on emulated CPUs leave libvirt no time to answer.
  await progress("the VMs boot", () => booting);
  await engine.run(["preview", "--diff"], trimDiff);
  note(`Trimmed. All that the engine says is in ${relative(process.cwd(), log)}`);

  heading("The update: VFs for running VMs");
  await engine.run(update, trimUpdate);
  await showVfs(fleet);

  heading("Who reaches whom");
  const { matrix, macs } = await whatWasMade(engine);
  for (const row of matrix) line(`  ${row}`);
  note("Foreseen by the program's Reachability. From left to above.");
  await mustPass(fleet, matrix, macs);

  await refuse(fleet, engine, program);

  heading("The machine reboots");
  await forgetAnswers(fleet);
  command("m1#", "systemctl reboot");
  await progress("the machine reboots", () => lab.reboot("m1"));
  await engine.run(["refresh", "--yes", "--skip-preview", "--diff", "--expect-no-changes"], trimDiff);
  checked("refresh finds no drift: the VFs were made again, and set, before libvirt started the VMs on them");
  await showVfs(fleet);
  await mustPass(fleet, matrix, macs);

  heading("Destroy, and nothing is left");
  await engine.run(["destroy", "--yes", "--skip-preview"], trimUpdate);
  for (const [index, { command: asked, output, brief }] of (await machineTraces(fleet)).entries()) {
    claim(output === nothing[index]?.output, `${asked} was\n${nothing[index]?.output}\nand is\n${output}`);
    line(`${paint("green", "✓")} ${asked.padEnd(50)} ${paint("dim", `as before: ${brief}`)}`);
  }
  await progress("taking the lab down", () => lab.down());
  line();
  line(paint("bold", `Every claim above was checked, in ${Math.round((performance.now() - started) / 1000)} s.`));
}

/** What the host says of the VFs: that they are as the program has them. */
async function showVfs({ sh }: MachineFleet): Promise<void> {
  line();
  command("m1#", "ip link show dev enp1s0");
  const vfs = (await sh("ip link show dev enp1s0")).split("\n").filter((row) => /^ +vf \d/.test(row));
  for (const row of vfs) line(row.replace(/ brd \S+/, ""));
  claim(vfs.length === 3, "there should be three VFs");
  claim(/vlan 10,.*100 ?Mbps.*trust on/.test(vfs[2] ?? ""), "VF 2 should be in VLAN 10, limited and trusted");
  checked("three VFs; that of db-2 is in VLAN 10, sends 100 Mbit/s at most, and is trusted");
}

const made = z.object({ domain: z.string(), mac: z.string() });

async function whatWasMade({ stack }: Engine): Promise<{ readonly matrix: readonly string[]; readonly macs: Macs }> {
  const { matrix } = z.object({ matrix: z.array(z.string()) }).parse(await stack.outputs());
  const interfaces = (await stack.resources()).filter(({ type }) => type.endsWith(":VmInterface"));
  const macs = interfaces.map(({ inputs }) => made.parse(inputs)).map(({ domain, mac }) => [domain, mac]);
  return { matrix, macs: Object.fromEntries(macs) };
}

/** Pings, held against the matrix: between the VMs, and from a neighbour at the switch. */
async function mustPass(fleet: MachineFleet, matrix: readonly string[], macs: Macs): Promise<void> {
  const [, ...rows] = matrix.map((row) => row.trim().split(/\s{2,}/));
  const foreseen = (from: string, to: string) =>
    rows.find(([name]) => name === from)?.[machineVms.indexOf(to) + 1] === "yes";
  await progress("pings between the VMs", () => mustAnswer(fleet, macs, foreseen));
  checked("Each VM has pinged all that hear it: db-1 and db-2, in VLAN 10, answer each other.");
  await progress("pings from the switch", () => mustPassVms(fleet, macs));
  checked("A station at the adjacent switch, in no VLAN, is answered by the machine itself, and by neither of them.");
}

/** Another number of VFs while guests hold them. */
async function refuse(fleet: MachineFleet, engine: Engine, program: string): Promise<void> {
  heading("A change that is refused: five VFs");
  say("The kernel changes the number of VFs by way of none, and would wait without end for the guests to let go.");
  const edited = program.replace("numVfs: 3", "numVfs: 5");
  claim(edited !== program, "demo/machine-program.ts has no numVfs: 3 to edit");
  line(editText(program, edited));
  await engine.stack.write("index.ts", edited);
  const before = await fleet.sh("ip link show dev enp1s0; virsh -q list");
  const refused = await engine.run(update, trimRefusal, "refused");
  for (const vm of machineVms) claim(refused.includes(`the domain ${vm}`), `the refusal should name ${vm}`);
  claim((await fleet.sh("ip link show dev enp1s0; virsh -q list")) === before, "the host should be as it was");
  checked("refused by the names of those who hold the VFs, and the host is as it was");
  await engine.stack.write("index.ts", program);
}
