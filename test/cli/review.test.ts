import test from "ava";
import { review } from "../../cli/review/review.ts";
import { createLab, type Lab } from "../../lab/lab.ts";
import { createStack, type Stack } from "../../lab/stack.ts";
import { labName, labTest } from "../lab/lab-test.ts";

type Relay = "active" | "absent" | "unknown";

const program = `import { readFileSync } from "node:fs";
import { HostBridge, Uplink, VmInterface } from "pulumi-kvm-network";

const { connection, relay, modes } = JSON.parse(readFileSync("fleet.json", "utf8"));
const uplink = new Uplink("eth1", { host: connection, nic: "eth1", assume: { reflectiveRelay: relay } });
const bridge = new HostBridge("fabric", { uplink, type: "ethernet" });
for (const [name, mode] of Object.entries(modes)) new VmInterface(name, { bridge, mode });
`;

let lab: Lab | undefined;
const stacks: Stack[] = [];

test.after.always(async () => {
  for (const stack of stacks) await stack.remove();
  await lab?.down();
});

const fleet = (relay: Relay, modes: Readonly<Record<string, string>>): string =>
  JSON.stringify({ connection: lab?.hypervisors[0]?.connection, relay, modes });

/** A stack that is up, and what a preview of an edit of it prints. */
const previewOf = async (
  relay: Relay,
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<string> => {
  lab ??= await createLab({ name: labName(), hypervisors: 1, uplinks: 1, libvirt: false });
  const stack = await createStack({ project: "review", program, files: { "fleet.json": fleet(relay, before) } });
  stacks.push(stack);
  await stack.must(["up", "--yes", "--skip-preview"]);
  await stack.write("fleet.json", fleet(relay, after));
  const preview = await stack.must(["preview", "--json", ...(args.length > 0 ? args : ["--show-sames"])]);
  await stack.must(["destroy", "--yes", "--skip-preview"]);
  return preview;
};

const veb = { "web-1": "veb", "web-2": "veb", "db-1": "veb" };
const flipped = { ...veb, "web-1": "vepa", "web-2": "vepa" };

labTest(
  "two VMs that go from veb to vepa under a switch that does not reflect lose each other, and the gate shuts",
  async (t) => {
    const preview = await previewOf("absent", veb, flipped);
    const { markdown, cuts } = review(preview, [["web-1", "web-2"]]);
    t.regex(
      markdown,
      /\| `web-1` – `web-2` \| \*\*lost\*\* \| reaches \| does not reach \| the adjacent switch does not send/,
    );
    t.regex(markdown, /\| `db-1` – `web-1` \| \*\*lost\*\* \|/);
    t.regex(
      markdown,
      /\| `web-1` \| replaced \| macvtap-bridge on eth1 of .* \| macvtap-vepa on eth1 of .* \| mode-asked/,
    );
    t.notRegex(markdown, /`db-1` \| (update|replace)/);
    t.is(cuts.length, 1);
    t.regex(cuts[0] ?? "", /^web-1 and web-2 do not reach each other: the adjacent switch does not send frames back/);
  },
);

labTest("under one that reflects the same edit cuts nobody off, and the gate stays open", async (t) => {
  const { markdown, cuts } = review(await previewOf("active", veb, flipped), [["web-2", "web-1"]]);
  t.deepEqual(cuts, []);
  t.regex(markdown, /No pair of VMs gains or loses the other/);
});

labTest("where nobody knows whether it reflects they may lose each other, which shuts the gate too", async (t) => {
  const { markdown, cuts } = review(await previewOf("unknown", veb, flipped), [["web-1", "web-2"]]);
  t.regex(
    markdown,
    /\| `web-1` – `web-2` \| \*\*in doubt\*\* \| reaches \| may reach \| it depends on whether the adjacent/,
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
  const preview = await previewOf("absent", veb, { ...veb, "db-1": "vepa" }, "--diff");
  t.throws(() => review(preview), { code: "bad-preview", message: /leaves out what stays.*--json --show-sames/ });
});

test("what is no preview is refused", (t) => {
  t.throws(() => review("hello"), { code: "bad-preview", message: /not JSON.*pulumi preview --json --show-sames/ });
  t.throws(() => review("[]"), { code: "bad-preview", message: /no preview/ });
  t.throws(() => review("{}"), { code: "bad-preview", message: /no preview/ });
});
