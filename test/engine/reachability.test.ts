import test from "ava";
import { createLab, type Lab } from "../../lab/lab.ts";
import { createStack, type Stack } from "../../lab/stack.ts";
import type { PairReach } from "../../provider/planning/index.ts";
import { labName, labTest } from "../lab/lab-test.ts";

const program = `import { readFileSync } from "node:fs";
import { HostBridge, Reachability, Uplink, VmInterface } from "pulumi-kvm-network";

const hosts = JSON.parse(readFileSync("hosts.json", "utf8"));
const interfaces = hosts.flatMap(({ name, connection }) => {
  const uplink = new Uplink(name, { host: connection, nic: "eth1", assume: { reflectiveRelay: "absent" } });
  const bridge = new HostBridge(name + "-fabric", { uplink, type: "ethernet" });
  return ["veb", "vepa"].map((mode) => new VmInterface(name + "-" + mode, { bridge, mode }));
});
const networks = Object.fromEntries(hosts.map(({ connection }) => [connection.host + "/eth1", "lan"]));
const fleet = new Reachability("fleet", { interfaces, networks, hosts: false });
export const { matrix, mermaid, svg } = fleet;
export const { pairs } = new Reachability("fleet-and-hosts", { interfaces, networks });
`;

let lab: Lab | undefined;
let stack: Stack | undefined;
test.after.always(async () => {
  await stack?.remove();
  await lab?.down();
});

const expected = [
  "from \\ to  hv1-veb  hv1-vepa  hv2-veb  hv2-vepa",
  "hv1-veb    ·        no        yes      yes",
  "hv1-vepa   no       ·         yes      yes",
  "hv2-veb    yes      yes       ·        no",
  "hv2-vepa   yes      yes       no       ·",
];

labTest("a fleet's reachability is known in the first preview, and an output of the update", async (t) => {
  lab = await createLab({ name: labName(), hypervisors: 2, uplinks: 1, libvirt: false });
  stack = await createStack({
    project: "reachability",
    program,
    files: { "hosts.json": JSON.stringify(lab.hypervisors) },
  });
  const preview = await stack.must(["preview"]);
  for (const line of expected.slice(1)) t.true(preview.includes(line), preview);
  await stack.must(["up", "--yes", "--skip-preview"]);
  const outputs: { matrix: string[]; mermaid: string; svg: string; pairs: PairReach[] } = JSON.parse(
    await stack.must(["stack", "output", "--json"]),
  );
  t.deepEqual(outputs.matrix, expected);
  t.regex(outputs.mermaid, /^flowchart TB\n {2}subgraph host0\[/);
  t.regex(outputs.svg, /^<svg .*<\/svg>\n$/s);
  const [near = "", far = ""] = lab.hypervisors.map(({ connection }) => `${connection.host} itself (eth1)`);
  const unicast = (from: string, to: string) =>
    outputs.pairs.find((pair) => pair.from === from && pair.to === to)?.reach.unicast.passes;
  t.is(unicast("hv1-veb", near), "no");
  t.is(unicast("hv1-veb", far), "yes");
  await stack.must(["destroy", "--yes", "--skip-preview"]);
});
