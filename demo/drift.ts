import type { Guest } from "../lab/guest.ts";
import type { Lab } from "../lab/lab.ts";
import { claim } from "./demo-failed.ts";
import type { Engine } from "./engine.ts";
import { trimDiff } from "./engine-output.ts";
import { mustRun } from "./must-run.ts";
import { measureReach, pair } from "./reachability.ts";
import { checked, command, heading, line, progress, say } from "./screen.ts";
import type { Topology } from "./topology.ts";

/** Three changes by hand, which refresh names one by one and the next update takes back. */
export async function driftAndRepair(
  lab: Lab,
  engine: Engine,
  guests: readonly Guest[],
  { vms }: Topology,
): Promise<void> {
  heading("Drift: somebody changes things by hand");
  const [app, db] = ["app-1", "db-1"].map((name) => vms.find((vm) => vm.name === name));
  claim(app !== undefined && db !== undefined, "app-1 and db-1 should be attached");
  for (const text of [
    `virsh domif-setlink db-1 ${db.device} down`,
    `ip link set dev ${app.device} allmulticast off`,
    `ip link set dev ${db.source} type bridge ageing_time 1000`,
  ]) {
    command("hv1#", text);
    await mustRun(lab, "hv1", text.split(" "));
  }
  const asker = guests.filter(({ name }) => name === "db-2");
  const wanted = new Set([pair("db-2", "db-1")]);
  const asked = (expected: ReadonlySet<string>) =>
    progress("pinging db-1 from db-2", () => measureReach(asker, ["db-1"], expected));
  claim((await asked(new Set())).size === 0, "db-2 should not reach db-1 while its link is down");
  checked("db-2 no longer reaches db-1");

  const seen = await engine.run(["refresh", "--yes", "--skip-preview", "--diff"], trimDiff);
  for (const change of [/linkState *: "up" => "down"/, /allMulticast *: true => false/, /ageingSeconds *: 300 => 10/])
    claim(change.test(seen), `refresh should show ${change.source}`);
  checked("refresh finds all three, property by property");

  line();
  say("The program still says what is wanted:");
  await engine.run(["up", "--yes", "--skip-preview", "--diff"], trimDiff);
  claim((await asked(wanted)).size === 1, "db-2 should reach db-1 again");
  checked("repaired: db-2 reaches db-1 again");
  const again = await engine.run(["preview", "--diff"], trimDiff);
  claim(/^ +15 unchanged/m.test(again), "nothing should be left to do after the repair");
  checked("and nothing is left to do");
}
