import { mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { defineGuest, type Guest, openGuest } from "../lab/guest.ts";
import { createLab, type Lab } from "../lab/lab.ts";
import { repositoryFile } from "../lab/stack.ts";
import { claim } from "./demo-failed.ts";
import { driftAndRepair } from "./drift.ts";
import { startEngine } from "./engine.ts";
import { trimDiff, trimUpdate } from "./engine-output.ts";
import { matrixKey, matrixText } from "./matrix-text.ts";
import { mustRun } from "./must-run.ts";
import { editText, programText } from "./program-text.ts";
import { differences, expectedReach, foresee, measureReach, type Reachability } from "./reachability.ts";
import { checked, command, heading, line, note, paint, progress, say } from "./screen.ts";
import { readTopology, type Topology } from "./topology.ts";
import { topologySvg } from "./topology-svg.ts";
import { topologyText } from "./topology-text.ts";
import { traces } from "./traces.ts";
import { addressOf, vmNames, vms } from "./vms.ts";

const folder = fileURLToPath(new URL("../demo-out", import.meta.url));
const log = join(folder, "engine.log");
const picture = join(folder, "topology.svg");
const named = (file: string) => relative(process.cwd(), file);

const update = ["up", "--yes", "--skip-preview"];

/** What is to be undone at the end, the latest first. */
export type Undo = (() => Promise<unknown>)[];

/** Tells the story from beginning to end; each claim in it is checked, and the first that fails ends it. */
export async function tell(undo: Undo, interrupted: AbortSignal, isOrdinary: boolean): Promise<void> {
  const started = performance.now();
  await mkdir(folder, { recursive: true });
  const { lab, booting } = await startFleet(undo, isOrdinary);
  const before = await traces(lab, vms);

  heading("The program");
  const program = await repositoryFile("demo/program.ts");
  line(programText(program));
  note("This is demo/program.ts, just as it is run. hypervisors.json says how each host is reached.");

  heading("The preview");
  say(
    "It asks each host for its facts, in one round trip. So it tells before anything is done how each VM will be attached, and by which rules.",
  );
  const connections = Object.fromEntries(lab.hypervisors.map(({ name, connection }) => [name, connection]));
  const files = { "hypervisors.json": JSON.stringify(connections) };
  const starting = startEngine({ program, files, interrupted, log });
  undo.push(async () => (await starting.catch(() => undefined))?.end());
  const engine = await starting;
  await engine.run(["preview", "--diff"], trimDiff);
  note(`Trimmed. All that the engine says is in ${named(log)}`);

  heading("The update: NICs for running VMs");
  const guests = await progress("the VMs boot", () => booting);
  await engine.run(update, trimUpdate);
  const reflecting = new Set<string>();
  let topology = readTopology(lab, await engine.stack.resources(), reflecting);
  await giveAddresses(guests, topology);
  checked("every VM has found its new NIC; all get addresses of one subnet, 10.0.0.0/24");

  heading("The topology");
  line(topologyText(topology));

  heading("Who reaches whom, the switch not reflecting");
  const silent = await showReach(guests, topology);
  checked(
    "VEB and VEB meet on their host. VEPA gives every frame to the switch, which does not send it back: on hv1, web-1 is " +
      "cut off from its neighbours. PEPA keeps ci-1 apart. Between hosts all pass. eth2 is a network of its own.",
  );

  heading("Who reaches whom, the switch reflecting");
  await reflect(lab, reflecting, true);
  const mirrored = await showReach(guests, topology, silent);
  checked(
    "The switch sends frames back by the port they came from: web-1 reaches app-1 and app-2, its neighbours. ci-1 still " +
      "reaches none of them: a filter on the host drops what the switch sends back.",
  );
  await writeFile(picture, topologySvg(topology, foresee(topology), mirrored));
  checked(`This topology and this matrix as a picture: ${named(picture)}`);

  heading("An edit: app-2 from VEB to VEPA");
  const edited = program.replace(/("app-2".*)"veb"/, '$1"vepa"');
  claim(edited !== program, "demo/program.ts has no app-2 in mode veb to edit");
  line(editText(program, edited));
  await engine.stack.write("index.ts", edited);
  line();
  say("libvirt can't change the mode of a VM's macvtap. The preview says what it takes: detach and attach.");
  const replacing = await engine.run(["preview", "--diff", "--show-replacement-steps"], trimDiff);
  claim(/1 to replace/.test(replacing), "The preview should replace one interface, and nothing else");
  await engine.run(update, trimUpdate);
  topology = readTopology(lab, await engine.stack.resources(), reflecting);
  await giveAddresses(guests, topology, "app-2");
  line();
  await reflect(lab, reflecting, false);
  await showReach(guests, topology, silent);
  checked(
    "Against the first matrix: app-1 and app-2 met on their host; now app-2 depends on the switch, as web-1 does.",
  );
  await reflect(lab, reflecting, true);
  await mustReach(guests, topology);
  checked("With the switch reflecting all on eth1 but ci-1 reach each other, web-1 and app-2 as VEPA and VEPA.");

  await driftAndRepair(lab, engine, guests, topology);

  heading("Destroy, and nothing is left");
  await engine.run(["destroy", "--yes", "--skip-preview"], trimUpdate);
  const after = await traces(lab, vms);
  for (const [index, { command: asked, output, brief }] of before.entries()) {
    claim(after[index]?.output === output, `${asked} was\n${output}\nand is\n${after[index]?.output}`);
    line(`${paint("green", "✓")} ${asked.padEnd(30)} ${paint("dim", `as before: ${brief}`)}`);
  }
  await progress("taking the lab down", () => lab.down());
  line();
  const seconds = Math.round((performance.now() - started) / 1000);
  line(paint("bold", `Every claim above was checked, in ${seconds} s. The picture stays: ${named(picture)}`));
}

/** The lab with its VMs; they boot while the program is read and previewed. */
async function startFleet(
  undo: Undo,
  isOrdinary: boolean,
): Promise<{ readonly lab: Lab; readonly booting: Promise<Guest[]> }> {
  heading("Two hypervisors, a switch, seven VMs");
  say("Each hypervisor is a namespace of this machine with a real OpenSSH, libvirt and QEMU in it.");
  const account = isOrdinary ? { ordinaryUser: true } : {};
  const starting = createLab({ name: `demo-${process.pid}`, hypervisors: 2, uplinks: 2, ...account });
  undo.push(async () => (await starting.catch(() => undefined))?.down());
  const lab = await progress("starting hypervisors and switch", () => starting);
  const users = new Set(lab.hypervisors.map(({ connection }) => connection.user));
  if (!users.has("root")) say(`They are reached as ${[...users]}, whom sudo allows the installed host script alone.`);
  const placed = Object.entries(vms).flatMap(([hypervisor, list]) => list.map((name) => ({ hypervisor, name })));
  await progress("starting the VMs", () =>
    Promise.all(
      placed.map(async ({ hypervisor, name }) => {
        await defineGuest(lab, hypervisor, name);
        await mustRun(lab, hypervisor, ["virsh", "start", name]);
      }),
    ),
  );
  const booting = Promise.all(placed.map(({ hypervisor, name }) => openGuest(lab, hypervisor, name)));
  // Awaited later; until then a failure must not end the process unheard.
  booting.catch(() => {});
  checked(
    `${lab.hypervisors.map(({ name, connection }) => `${name} (${connection.host})`).join(" and ")} answer. The VMs boot; none has a NIC.`,
  );
  return { lab, booting };
}

/** Pings all pairs, which must come out as the product foresees; `show` comes first, so that one sees what is wrong. */
async function mustReach(
  guests: readonly Guest[],
  topology: Topology,
  show: (measured: Reachability) => void = () => {},
): Promise<Reachability> {
  const foreseen = foresee(topology);
  const measured = await progress(`pinging all ${foreseen.size} pairs from inside`, () =>
    measureReach(guests, vmNames, expectedReach(foreseen)),
  );
  show(measured);
  const wrong = differences(foreseen, measured);
  claim(
    wrong.length === 0,
    `The pings are not as the product foresees:\n${wrong.map((each) => `- ${each}`).join("\n")}`,
  );
  return measured;
}

const showReach = (guests: readonly Guest[], topology: Topology, earlier?: Reachability): Promise<Reachability> =>
  mustReach(guests, topology, (measured) => {
    line(matrixText(topology, measured, earlier));
    note(matrixKey(earlier !== undefined));
  });

/** Both ports of eth1. Those of eth2 carry Linux bridges, which must not stand on a reflecting port. */
async function reflect(lab: Lab, reflecting: Set<string>, on: boolean): Promise<void> {
  for (const { name } of lab.hypervisors) {
    command("switch#", `bridge link set dev ${lab.switch.ports[`${name}/eth1`]} hairpin ${on ? "on" : "off"}`);
    await lab.hairpin(name, "eth1", on);
    if (on) reflecting.add(`${name}/eth1`);
    else reflecting.delete(`${name}/eth1`);
  }
}

/** To all VMs, or to the one that is named. */
async function giveAddresses(guests: readonly Guest[], { vms: attached }: Topology, only?: string): Promise<void> {
  await Promise.all(
    attached
      .filter(({ name }) => only === undefined || name === only)
      .map(({ name, mac }) => guests.find((guest) => guest.name === name)?.addressOn(mac, `${addressOf(name)}/24`)),
  );
}
