import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { review } from "../../cli/review/review.ts";
import { createLab, type Lab } from "../../lab/lab.ts";
import { createStack, type Stack } from "../../lab/stack.ts";
import { labName, labTest } from "../lab/lab-test.ts";
import { command } from "./command.ts";

type Relay = "active" | "absent" | "unknown";

const program = `import { readFileSync } from "node:fs";
import { HostBridge, Reachability, Uplink, VmInterface } from "pulumi-kvm-network";

const { connection, relay, modes, networks } = JSON.parse(readFileSync("fleet.json", "utf8"));
const bridges = ["eth1", "eth2"].map((nic) => {
  const uplink = new Uplink(nic, { host: connection, nic, assume: { reflectiveRelay: relay } });
  return new HostBridge(nic + "-fabric", { uplink, type: "ethernet" });
});
const interfaces = Object.entries(modes).map(
  ([name, mode]) => new VmInterface(name, { bridge: bridges[name.endsWith("far") ? 1 : 0], mode }),
);
if (networks !== undefined) new Reachability("fleet", { interfaces, networks });
`;

let lab: Lab | undefined;
const stacks: Stack[] = [];

test.after.always(async () => {
  for (const stack of stacks) await stack.remove();
  await lab?.down();
});

type Modes = Readonly<Record<string, string>>;
/** What eth1 and eth2 are in. */
type Networks = readonly [string, string];

const fleet = (relay: Relay, modes: Modes, networks?: Networks): string => {
  const connection = lab?.hypervisors[0]?.connection;
  const named =
    networks && Object.fromEntries(networks.map((name, index) => [`${connection?.host}/eth${index + 1}`, name]));
  return JSON.stringify({ connection, relay, modes, networks: named });
};

/** A stack that is up, and what a preview of an edit of it prints. */
const previewOf = async (
  relay: Relay,
  before: Modes,
  after: Modes,
  {
    args = ["--show-sames"],
    networks = {},
  }: { args?: string[]; networks?: { before?: Networks; after?: Networks } } = {},
): Promise<string> => {
  lab ??= await createLab({ name: labName(), hypervisors: 1, uplinks: 2, libvirt: false });
  const files = { "fleet.json": fleet(relay, before, networks.before) };
  const stack = await createStack({ project: "review", program, files });
  stacks.push(stack);
  await stack.must(["up", "--yes", "--skip-preview"]);
  await stack.write("fleet.json", fleet(relay, after, networks.after));
  const preview = await stack.must(["preview", "--json", ...args]);
  await stack.must(["destroy", "--yes", "--skip-preview"]);
  return preview;
};

const veb = { "web-1": "veb", "web-2": "veb", "db-1": "veb" };
const flipped = { ...veb, "web-1": "vepa", "web-2": "vepa" };

labTest(
  "two VMs that go from veb to vepa under a switch that does not reflect lose each other, and the gate shuts",
  async (t) => {
    const preview = await previewOf("absent", veb, flipped);
    const file = join(stacks[0]?.folder ?? "", "preview.json");
    writeFileSync(file, preview);
    const { status, stdout, stderr } = await command(["review", file, "--protect", "web-1,web-2"]);
    t.deepEqual([status, stderr], [1, ""]);
    t.regex(
      stdout,
      /\| `web-1` – `web-2` \| \*\*lost\*\* \| reaches \| does not reach \| the adjacent switch does not send/,
    );
    t.regex(stdout, /\| `db-1` – `web-1` \| \*\*lost\*\* \|/);
    t.regex(
      stdout,
      /\| `web-1` \| replaced \| macvtap-bridge on eth1 of .* \| macvtap-vepa on eth1 of .* \| mode-asked/,
    );
    t.notRegex(stdout, /`db-1` \| (update|replace)/);
    t.regex(stdout, /^- web-1 and web-2 do not reach each other: the adjacent switch does not send frames back/m);
    t.is((await command(["review", file])).status, 0, "without a gate it only tells");
  },
);

labTest("under one that reflects the same edit cuts nobody off, and the gate stays open", async (t) => {
  const { markdown, cuts } = review(await previewOf("active", veb, flipped), [["web-2", "web-1"]]);
  t.deepEqual(cuts, []);
  t.regex(markdown, /No two VMs, and no VM and host, gain or lose each other/);
});

labTest("where nobody knows whether it reflects they may lose each other, which shuts the gate too", async (t) => {
  const { markdown, cuts } = review(await previewOf("unknown", veb, flipped), [["web-1", "web-2"]]);
  t.regex(
    markdown,
    /\| `web-1` – `web-2` \| \*\*in doubt\*\* \| reaches \| may reach \| it depends on whether the adjacent/,
  );
  t.is(cuts.length, 1);
});

labTest("a VM that goes to pepa loses its neighbours and its host", async (t) => {
  const { markdown } = review(await previewOf("active", veb, { ...veb, "web-1": "pepa" }));
  t.regex(markdown, /\| `web-1` – `web-2` \| \*\*lost\*\* \| reaches \| does not reach \| pepa: the filter on eth1/);
  t.regex(markdown, /\| `web-1` – `[0-9.]+ itself \(eth1\)` \| \*\*lost\*\* \| reaches \| does not reach \| pepa/);
  t.notRegex(markdown, /`web-2` – `[0-9.]+ itself/);
});

labTest("what a Reachability says of the networks behind the uplinks counts: the far VM is lost", async (t) => {
  const modes = { "web-1": "vepa", "web-far": "vepa" };
  const { markdown, cuts } = review(
    await previewOf("absent", modes, modes, { networks: { before: ["lan", "lan"], after: ["lan", "dmz"] } }),
    [["web-1", "web-far"]],
  );
  t.regex(
    markdown,
    /\| `web-1` – `web-far` \| \*\*lost\*\* \| reaches \| does not reach \| eth1 of .* are in different networks/,
  );
  t.is(cuts.length, 1);
});

labTest("a deleted VM cuts its pairs, a new one is told with whom it does not reach", async (t) => {
  const { "db-1": _, ...without } = veb;
  const { markdown, cuts } = review(await previewOf("absent", veb, { ...without, "db-2": "vepa" }), [
    ["web-1", "db-1"],
    ["web-1", "web-2"],
    ["web-1", "db-9"],
  ]);
  t.deepEqual(cuts, ["db-1 is deleted", "db-9 is no VmInterface of this preview"]);
  t.regex(markdown, /- `db-2` – `web-1`: does not reach: the adjacent switch/);
});

labTest("a preview that leaves out what stays the same is refused", async (t) => {
  const preview = await previewOf("absent", veb, { ...veb, "db-1": "vepa" }, { args: ["--diff"] });
  t.throws(() => review(preview), { code: "bad-preview", message: /leaves out what stays.*--json --show-sames/ });
});

test("what is no preview is refused", (t) => {
  t.throws(() => review("hello"), { code: "bad-preview", message: /not JSON.*pulumi preview --json --show-sames/ });
  t.throws(() => review("[]"), { code: "bad-preview", message: /no preview/ });
  t.throws(() => review("{}"), { code: "bad-preview", message: /no preview/ });
});
