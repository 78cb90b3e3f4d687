import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { createLab, type Lab, type LabConnection } from "../../lab/lab.ts";
import { addUser } from "../../lab/user.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { lifecycle } from "../../provider/resources/lifecycle.ts";
import { type HostFacts, hostFactsSchema } from "../../provider/schema/facts.ts";
import { getHost } from "../../sdk/get-host.ts";
import { labName } from "../lab/lab-test.ts";
import { ethernet, news } from "../resources/bad-input/given.ts";
import { changesBetween, snapshotOf } from "../resources/host-snapshot.ts";
import { command, commandOnTerminal } from "./command.ts";

const folder = mkdtempSync(join(tmpdir(), "kvm-network-explain-"));
const identity = join(folder, "key");
const controlSequence = "\u001b[31mred";
let lab: Lab;
let root: LabConnection;

/** eth1 is free and hears the switch, eth2 is in somebody's bridge, eth3 carries a macvtap. */
test.before(async () => {
  // Accounts are a part of what it is about: it makes its own.
  lab = await createLab({ name: labName(), hypervisors: 1, uplinks: 3, lldp: true, ordinaryUser: false });
  const connection = lab.hypervisors[0]?.connection;
  if (connection === undefined) throw new Error("a lab without hypervisors");
  root = connection;
  writeFileSync(identity, root.privateKey, { mode: 0o600 });
  const furnish = `ip link add br0 type bridge; ip link set br0 alias '${controlSequence}'; ip link set eth2 master br0
    ip link add link eth3 name by-hand type macvtap mode vepa`;
  await lab.exec("hv1", ["sh", "-euc", furnish]);
});
test.after.always(async () => {
  await lab?.down();
  rmSync(folder, { recursive: true, force: true });
});

const asked = ({ user, host, hostKey }: LabConnection): string[] => [
  "explain",
  `${user}@${host}`,
  "--identity",
  identity,
  "--host-key",
  hostKey,
];
const explain = (connection: LabConnection, ...options: readonly string[]) =>
  command([...asked(connection), ...options]);

/** The part of a report that is about one uplink, on one line. */
const uplinkIn = (report: string, nic: string): string =>
  (report.split("\n\n").find((part) => part.startsWith(`${nic} `)) ?? "").replaceAll(/\s+/g, " ");

/** What a report says of a mode: the cell of the uplink's table, and the note that it points to. */
const cell = (report: string, nic: string, type: string, mode: "veb" | "vepa" | "pepa"): string => {
  const part = report.split("\n\n").find((text) => text.startsWith(`${nic} `)) ?? "";
  const line = part.split("\n").find((text) => text.startsWith(`  ${type} `)) ?? "";
  const text = line.trim().split(/ {2,}/)[["veb", "vepa", "pepa"].indexOf(mode) + 1] ?? "";
  const note = /\((\d+)\)/.exec(text)?.[1];
  if (note === undefined) return text;
  const told = new RegExp(`^\\(${note}\\)(.*?)(?=^\\(|^$)`, "ms").exec(report)?.[1] ?? "";
  return `${text.replace(/ \(.*/, "")}: ${told.replaceAll(/\s+/g, " ").trim()}`;
};

const factsOf = async (...options: readonly string[]): Promise<HostFacts> =>
  hostFactsSchema.parse(JSON.parse((await explain(root, "--json", ...options)).stdout));

test.serial(
  "each uplink is told with its owner and every mode, with what would change it; nothing is changed",
  async (t) => {
    const before = await snapshotOf(lab, "hv1");
    const { status, stdout, stderr } = await explain(root);
    t.deepEqual([status, stderr], [0, ""]);
    t.deepEqual(changesBetween(before, await snapshotOf(lab, "hv1")), []);

    t.regex(uplinkIn(stdout, "eth1"), /owner nobody: it is free/);
    t.is(cell(stdout, "eth1", "hypervisor", "veb"), "yes");
    t.is(cell(stdout, "eth1", "ethernet", "veb"), "yes");
    t.regex(
      cell(stdout, "eth1", "ethernet", "vepa"),
      /^only if: .* the adjacent switch reflects .* \[need-served\] → enable reflective relay/,
    );
    t.regex(
      cell(stdout, "eth2", "hypervisor", "veb"),
      /^no: .* a port of the bridge br0.*\[uplink-bridgeable\] → use HostBridge\.existing/,
    );
    t.is(cell(stdout, "eth2", "existing", "veb"), "yes");
    t.regex(uplinkIn(stdout, "eth3"), /owner carries macvtap by-hand/);
    t.regex(cell(stdout, "eth3", "hypervisor", "veb"), /^no: .*by-hand \[uplink-bridgeable\] → .*not both/);
    t.regex(uplinkIn(stdout, "mgmt"), /this very SSH session comes in here/);
    for (const inside of ["br0", "by-hand", "lo"]) t.is(uplinkIn(stdout, inside), "");
  },
);

test.serial("a pipe gets no colours, no control sequences of others, and at most 80 columns", async (t) => {
  const { stdout } = await explain(root);
  t.false(stdout.includes("\u001b"));
  t.true(stdout.includes("[31mred"));
  t.deepEqual(
    stdout.split("\n").filter((line) => line.length > 80),
    [],
  );
});

test.serial("a terminal gets colours, unless its user wants none", async (t) => {
  t.true((await commandOnTerminal(asked(root))).stdout.includes("\u001b[32myes"));
  t.false((await commandOnTerminal(asked(root), { NO_COLOR: "1" })).stdout.includes("\u001b"));
});

test.serial(
  "--json is the facts file that a program takes instead of the host, and its planner decides on it",
  async (t) => {
    const file = join(folder, "facts.json");
    writeFileSync(file, (await explain(root, "--json")).stdout);
    const { facts } = await getHost({ host: "hv1.example.net" }, { facts: file });
    const realization = (nic: string, mode: string) => {
      const inputs = { bridge: ethernet(nic), mode };
      return lifecycle("VmInterface").check({}, news(`${nic}-${mode}`, inputs, facts));
    };
    t.like(realization("eth1", "vepa").inputs.realization, { kind: "macvtap-vepa", source: "eth1" });
    const [refused] = realization("eth2", "vepa").failures;
    t.regex(refused?.reason ?? "", /eth2 of hv1 is a port of the bridge br0/);
  },
);

test.serial("an ordinary user without sudo sees the same, and is told what is not seen", async (t) => {
  const plain = await addUser(lab, "hv1", "plain");
  const [seenByRoot, { status, stdout, stderr }] = [await factsOf(), await explain(plain, "--json")];
  t.is(status, 0, stderr);
  const seen = hostFactsSchema.parse(JSON.parse(stdout));
  const bridgeNetfilter = { ...seenByRoot.bridgeNetfilter, forwardDrop: null };
  t.deepEqual(seen, { ...seenByRoot, lldp: {}, bridgeNetfilter });
  t.regex(stderr, /not seen: LLDP neighbours of .*eth1.*--sudo/);

  const report = await explain(plain);
  t.is(report.status, 0);
  t.regex(report.stdout, /seen as plain, without sudo/);
  t.regex(uplinkIn(report.stdout, "eth1"), /LLDP neighbour not looked at/);
  t.is(cell(report.stdout, "eth1", "hypervisor", "veb"), "yes");
  t.regex(report.stdout, /Not seen +LLDP neighbours/);
});

test.serial("--sudo looks as root, and where sudo refuses the host layer says how to allow it", async (t) => {
  const operator = await addUser(lab, "hv1", "operator", { sudo: "ALL=(root) NOPASSWD: ALL" });
  const { status, stdout, stderr } = await explain(operator, "--sudo");
  t.deepEqual([status, stderr], [0, ""]);
  t.regex(stdout, /seen as operator by sudo/);
  t.false(stdout.includes("Not seen"));
  const denied = await explain({ ...operator, user: "plain" }, "--sudo");
  t.is(denied.status, 1);
  t.regex(denied.stderr, /plain may not run `sudo -n \/bin\/sh`/);
  t.false(/^\s+at /m.test(denied.stderr));
});

test.serial("another key than the host's ends it before anything is sent", async (t) => {
  const { status, stderr } = await explain({ ...root, hostKey: `SHA256:${"A".repeat(43)}` });
  t.is(status, 1);
  t.regex(stderr, /shows ssh-ed25519 SHA256:.*but the connection's hostKey says SHA256:AAAA.*Nothing was sent/);
});

test.serial("the switch that is heard is named, and its offer to reflect is not taken for more", async (t) => {
  const report = await waitUntil("the switch's LLDP frame", 60, async () => {
    const { stdout } = await explain(root);
    return uplinkIn(stdout, "eth1").includes("relay advertised") ? stdout : undefined;
  });
  const heard = uplinkIn(report, "eth1");
  t.regex(heard, /LLDP neighbour chassis [0-9a-f:]{17}, port [0-9a-f:]{17}/);
  t.regex(heard, /reflective relay advertised: by LLDP \(EVB\) the switch says that it can; not that it does/);
  t.regex(cell(report, "eth1", "ethernet", "vepa"), /^only if: /);
});
