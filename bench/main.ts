import { cpus, loadavg } from "node:os";
import { optionsOf } from "../lab/command-line.ts";
import { takeDown } from "../lab/down.ts";
import { createLab, type Lab } from "../lab/lab.ts";
import { acceptedConnections } from "./accepted-connections.ts";
import { countBounds, holds, ratioBounds } from "./bounds.ts";
import { runOnce, type Setting } from "./cycle.ts";
import { makeFleetStacks, removeFleetStacks } from "./fleet-stacks.ts";
import { type LiveAttach, measureLiveAttach } from "./live-attach.ts";
import { type Measured, measurePairs } from "./pairs.ts";
import { measurePlanner } from "./planner.ts";
import { boundTable, settingTable } from "./report.ts";

const { quick } = optionsOf("npm run bench [-- --quick]", { quick: { type: "boolean", default: false } });

/** A quick run is too short for its ratios to mean anything: it prints them and claims only what is counted. */
const size = quick
  ? { endpointsPerHost: 20, pairs: { off: 1, on: 1, wide: 1 }, attachRounds: 1 }
  : { endpointsPerHost: 50, pairs: { off: 5, on: 3, wide: 3 }, attachRounds: 3 };

const settings: readonly (readonly [Setting, number])[] = [
  [{ checkpoints: false }, size.pairs.off],
  [{ checkpoints: true }, size.pairs.on],
  [{ checkpoints: false, parallel: 64 }, size.pairs.wide],
];

interface FleetResult {
  readonly measured: readonly Measured[];
  readonly connectionPerCommandSeconds: number;
  readonly connectionsPerCommand: number;
}

const measureFleet = async (lab: Lab): Promise<FleetResult> => {
  const fleet = { hosts: lab.hypervisors, endpointsPerHost: size.endpointsPerHost };
  const accepted = () => acceptedConnections(lab);
  const stacks = await makeFleetStacks(fleet);
  try {
    const measured: Measured[] = [];
    for (const [setting, pairs] of settings) measured.push(await measurePairs(stacks, setting, pairs, accepted));
    console.log("a connection for each command, checkpoints off, default parallelism, once");
    const single = await runOnce(stacks.connectionPerCommand, "up", { checkpoints: false }, accepted);
    return {
      measured,
      connectionPerCommandSeconds: single.seconds,
      connectionsPerCommand: single.connections.reduce((sum, count) => sum + count, 0),
    };
  } finally {
    await removeFleetStacks(stacks);
  }
};

const attachText = ({ nics, virshSeconds, upSeconds, emptySeconds }: LiveAttach): string =>
  `live attaches to a running guest: ${nics} in one up ${upSeconds.toFixed(2)} s, of which ${emptySeconds.toFixed(2)} s is the same up without them: ` +
  `${(((upSeconds - emptySeconds) / nics) * 1000).toFixed(0)} ms each; \`virsh attach-device\` on the host itself ${(virshSeconds * 1000).toFixed(0)} ms each`;

for (const signal of ["SIGINT", "SIGTERM"])
  process.once(signal, () => Promise.all(["bench", "bench-live"].map(takeDown)).finally(() => process.exit(1)));

const begun = performance.now();
const machine = () => `${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}`;
console.log(`4 hypervisors × ${size.endpointsPerHost} endpoints; ${machine()}`);
const lab = await createLab({ name: "bench", hypervisors: 4, uplinks: 1, libvirt: false });
let result: FleetResult;
try {
  result = await measureFleet(lab);
} finally {
  await lab.down();
}
console.log("live attaches to a guest");
const attach = await measureLiveAttach(size.attachRounds);

const fleet = { hosts: lab.hypervisors, endpointsPerHost: size.endpointsPerHost };
const { measured, connectionPerCommandSeconds, connectionsPerCommand } = result;
const planner = measurePlanner(5);
const plannerBound = {
  what: `seconds to plan ${planner.interfaces} interfaces`,
  measured: planner.seconds,
  atMost: 1,
};
const bounds = [...countBounds(measured, fleet), plannerBound, ...(quick ? [] : ratioBounds(measured))];
for (const each of measured) console.log(`\n${settingTable(each)}`);
console.log(
  `\na connection for each command: up ${connectionPerCommandSeconds.toFixed(2)} s with ${connectionsPerCommand} connections`,
);
console.log(attachText(attach));
console.log(`\n${boundTable(bounds)}`);
console.log(`\n${((performance.now() - begun) / 1000).toFixed(0)} s; ${machine()}`);
process.exitCode = bounds.every(holds) ? 0 : 1;
