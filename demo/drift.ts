import type { Guest } from "../lab/guest.ts";
import type { Lab } from "../lab/lab.ts";
import { claim } from "./demo-failed.ts";
import type { Engine } from "./engine.ts";
import { trimDiff } from "./engine-output.ts";
import { mustRun } from "./must-run.ts";
import { measureReach, pair } from "./reachability.ts";
import { checked, command, heading, line, note, progress, say } from "./screen.ts";
import type { Topology, Vm } from "./topology.ts";
import { addressOf } from "./vms.ts";

/** Four changes by hand, which refresh names one by one and the next update takes back. */
export async function driftAndRepair(
  lab: Lab,
  engine: Engine,
  guests: readonly Guest[],
  { vms }: Topology,
): Promise<void> {
  heading("Drift: somebody changes things by hand");
  const [app, db, web, ci] = ["app-1", "db-1", "web-1", "ci-1"].map((name) => vms.find((vm) => vm.name === name));
  claim(!!app && !!db && !!web && !!ci, "app-1, db-1, web-1 and ci-1 should be attached");
  await Promise.all([introduce(guests, web, ci), introduce(guests, ci, web)]);
  for (const text of [
    `virsh domif-setlink db-1 ${db.device} down`,
    "nft flush ruleset",
    `ip link set dev ${app.device} allmulticast off`,
    `ip link set dev ${db.source} type bridge ageing_time 1000`,
  ]) {
    command("hv1#", text);
    await mustRun(lab, "hv1", text.split(" "));
  }
  const askers = guests.filter(({ name }) => name === "db-2" || name === "ci-1");
  /** Whether these two can, and nobody else of them. */
  const onlyReaches = async (from: string, to: string): Promise<boolean> => {
    const expected = new Set([pair(from, to)]);
    const ask = () => measureReach(askers, ["db-1", "web-1"], expected);
    const reached = await progress("pinging db-1 and web-1 from db-2 and ci-1", ask);
    return [...reached].join() === [...expected].join();
  };
  claim(await onlyReaches("ci-1", "web-1"), "db-2 should have lost db-1, and ci-1 should reach web-1");
  checked("db-2 no longer reaches db-1; ci-1 reaches web-1, its neighbour");
  note("They know each other's MAC address. macvtap's private mode alone holds back the broadcasts that ask for it.");

  const refresh = () => engine.run(["refresh", "--yes", "--skip-preview", "--diff"], trimDiff);
  const seen = await refresh();
  for (const change of [
    /linkState *: "up" => "down"/,
    /isolation *: \{\s+~ endpoint *: "filtered" => "missing"/,
    /allMulticast *: true => false/,
    /ageingSeconds *: 300 => 10/,
  ])
    claim(change.test(seen), `refresh should show ${change.source}`);
  checked("refresh finds all four, property by property");

  line();
  say("The program still says what is wanted:");
  await engine.run(["up", "--yes", "--skip-preview", "--diff"], trimDiff);
  claim(await onlyReaches("db-2", "db-1"), "db-2 should reach db-1 again, and ci-1 no neighbour");
  checked("repaired: db-2 reaches db-1 again, and ci-1 no neighbour");
  claim(/^ +16 unchanged/m.test(await refresh()), "nothing should differ after the repair");
  checked("and refresh finds the hosts as the program says");
}

/** Tells a VM the MAC address of another one, so that it need not ask for it. */
async function introduce(guests: readonly Guest[], { name, mac }: Vm, other: Vm): Promise<void> {
  const guest = guests.find((each) => each.name === name);
  claim(guest !== undefined, `${name} should be running`);
  await guest.knows(mac, { address: addressOf(other.name), mac: other.mac });
}
