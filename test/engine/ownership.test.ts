import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { defineGuest, startGuest } from "../../lab/guest.ts";
import { mustNotBeShown } from "../../lab/leaks.ts";
import { observe } from "../../provider/discovery/observe.ts";
import { closeHosts, openHost } from "../../provider/host/open-host.ts";
import { changesBetween, snapshotOf } from "../resources/host-snapshot.ts";
import { type EngineStack, useEngineLab } from "./engine-lab.ts";

const lab = useEngineLab(test, "ownership", 4, async (on) => {
  await Promise.all([
    startGuest(on.lab, "hv1", "web-1").then((guest) => guest.close()),
    defineGuest(on.lab, "hv1", "off-1"),
  ]);
});

/** What the tests rename, move and give another credential. */
const shop = (edit: { readonly [name: string]: string } = {}): string => `
const hv1 = await getHost(connection);
const aliases = (...names) => ({ aliases: names.map((name) => ({ name })) });
const eth1 = new Uplink("${edit.uplink ?? "eth1"}", { host: hv1, nic: "${edit.nic ?? "eth1"}", mtu: 1450 }, aliases("eth1", "u"));
const eth2 = new Uplink("eth2", { host: hv1, nic: "eth2" });
const fabric = new HostBridge("${edit.fabric ?? "fabric"}", { uplink: eth1, type: "ethernet" }, aliases("fabric", "f"));
const lan = new HostBridge("${edit.lan ?? "lan"}", { uplink: eth2 }, aliases("lan", "l"));
new MacvtapEndpoint("${edit.endpoint ?? "endpoint"}", { uplink: eth1, mode: "bridge" }, aliases("endpoint", "e"));
new VmInterface("${edit.web ?? "web"}", { bridge: fabric, domain: "web-1", mode: "${edit.mode ?? "vepa"}", mac: "02:00:00:00:00:03" }, aliases("web", "w"));
new VmInterface("${edit.db ?? "db"}", { bridge: lan, domain: "web-1", model: "${edit.model ?? "virtio"}" }, aliases("db", "d"));
`;

let stack: EngineStack;
let before: string;

const unchangedHost = async (): Promise<string[]> => changesBetween(before, await snapshotOf(lab().lab, "hv1"));

test.serial("renamed resources change nothing on the host", async (t) => {
  before = await snapshotOf(lab().lab, "hv1");
  stack = await lab().stack("ownership", shop());
  await stack.up();
  const made = await snapshotOf(lab().lab, "hv1");
  const renamed = { uplink: "u", fabric: "f", lan: "l", endpoint: "e", web: "w", db: "d" };
  await stack.edit(shop(renamed));
  const shown = await stack.up();
  t.notRegex(shown, /\[\d[\d.]+\] /, "no change is announced");
  t.deepEqual(changesBetween(made, await snapshotOf(lab().lab, "hv1")), []);
  await stack.mustBeUnchanged();

  // A replacement is checked anew, without what the resource was: it keeps its addresses all the same.
  const mac = (await stack.state("d")).mac;
  await stack.edit(shop({ ...renamed, mode: "veb", model: "e1000e" }));
  await stack.up();
  t.is((await stack.state("d")).mac, mac);
  await stack.edit(shop(renamed));
  await stack.up();
  await stack.mustBeUnchanged();
  await stack.edit(shop());
  await stack.up();
});

test.serial("facts that change underneath are no change", async (t) => {
  await lab().sh("ip link add other type bridge; ip link set eth4 mtu 1400; virsh start --paused off-1");
  await stack.mustBeUnchanged();
  await lab().sh("ip link del other; ip link set eth4 mtu 1500; virsh destroy off-1");
  t.pass();
});

const newKey = (folder: string): string => {
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "rotated", "-f", join(folder, "rotated")]);
  return mustNotBeShown(readFileSync(join(folder, "rotated"), "utf8"));
};

test.serial("a rotated credential is shown on the resources that were given it, and touches nothing", async (t) => {
  const { folder } = stack.stack;
  const privateKey = newKey(folder);
  const authorized = join(lab().lab.namespace("hv1").folder, "etc/ssh/lab-authorized-keys");
  const first = readFileSync(authorized, "utf8");
  const second = readFileSync(join(folder, "rotated.pub"), "utf8");
  writeFileSync(authorized, first + second);
  await stack.stack.write("connection.json", JSON.stringify({ ...lab().connection, privateKey }));
  const plan = await stack.preview();
  t.deepEqual(plan.map(({ op, name }) => `${op} ${name}`).sort(), ["update eth1", "update eth2"]);
  const made = await snapshotOf(lab().lab, "hv1");
  t.notRegex(await stack.up(), /\[\d[\d.]+\] /, "no change is announced");
  t.deepEqual(changesBetween(made, await snapshotOf(lab().lab, "hv1")), []);

  writeFileSync(authorized, second);
  try {
    // The states of those who inherit the credential still have the old one, and destroy asks them first.
    const { status, stdout, stderr } = await stack.stack.pulumi(["destroy", "--yes", "--skip-preview"]);
    t.not(status, 0);
    t.regex(stdout + stderr, /did not let us in [\s\S]*pulumi refresh/);
    t.deepEqual(changesBetween(made, await snapshotOf(lab().lab, "hv1")), []);
    await stack.mustBeUnchanged();
    t.notRegex(await stack.refresh(), /~ connection/);
    await stack.destroy();
    t.deepEqual(await unchangedHost(), []);
  } finally {
    writeFileSync(authorized, first);
    await stack.stack.write("connection.json", JSON.stringify(lab().connection));
  }
});

test.serial(
  "an uplink that moves to another NIC takes its VMs off the old one first, and gives that back",
  async (t) => {
    await stack.edit(shop());
    await stack.up();
    await stack.edit(shop({ nic: "eth3" }));
    const plan = await stack.preview();
    const replaced = plan.filter(({ op }) => op === "replace").map(({ name }) => name);
    t.deepEqual(replaced.sort(), ["endpoint", "eth1", "fabric", "web"]);
    const shown = await stack.up();
    t.regex(shown, /VmInterface web deleted original[\s\S]*Uplink eth1 deleted original/);
    t.regex(shown, /Uplink eth1 created replacement[\s\S]*VmInterface web created replacement/);
    t.regex(await lab().sh("virsh domiflist web-1"), /direct +eth3/);
    const old = changesBetween(before, await snapshotOf(lab().lab, "hv1")).filter((line) => /\beth1\b/.test(line));
    t.deepEqual(old, []);
    await stack.mustBeUnchanged();
    await stack.destroy();
    t.deepEqual(await unchangedHost(), []);
  },
);

test.serial("a link of the same name without our mark is refused by name, and taken over when told to", async (t) => {
  await lab().sh("ip link add foreign type bridge; ip link add link eth1 name tap-f type macvtap mode vepa");
  const made = await snapshotOf(lab().lab, "hv1");
  const program = (getHost: string, adopt: boolean) => `
const hv1 = ${getHost};
new HostBridge("lan", { uplink: new Uplink("eth2", { host: hv1, nic: "eth2" }), name: "foreign", adopt: ${adopt} });
new MacvtapEndpoint("endpoint", { uplink: new Uplink("eth1", { host: hv1, nic: "eth1" }), name: "tap-f", mode: "bridge", adopt: ${adopt} });
`;
  const known = "await getHost(connection)";
  await stack.edit(program(known, false));
  // The engine ends with the first that is refused, whichever that is.
  const refused = /the link (foreign|tap-f) is there on \S+ already and was not made by this provider/;
  t.regex((await stack.stack.pulumi(["preview"])).stdout, refused);
  // Without facts nothing can be told before the update.
  await stack.edit(program("connection", false));
  const failed = await stack.stack.pulumi(["up", "--yes", "--skip-preview"]);
  t.not(failed.status, 0);
  t.regex(failed.stdout, refused);
  t.deepEqual(changesBetween(made, await snapshotOf(lab().lab, "hv1")), []);

  await stack.edit(program(known, true));
  await stack.up();
  await stack.mustBeUnchanged();
  t.regex(await lab().sh("ip -d link show tap-f; ip link show eth2"), /mode bridge[\s\S]*master foreign/);
  await stack.destroy();
  t.deepEqual(await unchangedHost(), []);
});

test.serial("no private key stands in clear in a state or in outputs", async (t) => {
  await stack.edit(`${shop()}\nexport const all = [eth1, eth2, fabric, lan].map(({ ref }) => ref);`);
  await stack.up();
  const state = await stack.stack.must(["stack", "export"]);
  const outputs = await stack.stack.must(["stack", "output", "--json", "--show-secrets"]);
  const secret = lab().connection.privateKey.split("\n")[2] ?? "none";
  t.true(state.includes("br-lan-"), "this is the state");
  for (const text of [state, outputs]) t.false(text.includes(secret));
  for (const text of [state, outputs]) t.false(text.includes("PRIVATE KEY"));
});

/** One wrong resource each, and what the engine shows of it; the engine ends with the first. */
const wrong: readonly (readonly [string, RegExp])[] = [
  [
    'new Uplink("high", { host: hv1, nic: "eth4", mtu: 70000 });',
    /Uplink resource 'high': property mtu value \{70000\} has a problem: an MTU is at most 65535 bytes/,
  ],
  [
    'new Uplink("nowhere", { host: hv1, nic: "eth9" });',
    /Uplink resource 'nowhere': property nic value \{eth9\} has a problem: there is no NIC eth9 on hv1; its NICs are: .*eth1/,
  ],
  [
    'new VmInterface("lost", { bridge: fabric, domain: "no-such-domain" });',
    /VmInterface resource 'lost': property domain value \{no-such-domain\} has a problem: there is no domain .*; its domains are: /,
  ],
  [
    `new VmInterface("one", { bridge: fabric, domain: "web-1", mac: "02:00:00:00:00:07" });
     new VmInterface("two", { bridge: fabric, domain: "off-1", mac: "02:00:00:00:00:07" });`,
    /VmInterface resource '(one|two)': property mac value \{02:00:00:00:00:07\} has a problem: .*(one|two)@\S+ on eth1/,
  ],
  [
    'new VmInterface("isolating", { bridge: fabric, domain: "web-1", mode: "pepa", trustGuestRxFilters: true });',
    /VmInterface resource 'isolating': property trustGuestRxFilters value \{true\} has a problem: [\s\S]*pepa holds a guest to its one address/,
  ],
  [
    'new HostBridge("session", { uplink: new Uplink("mgmt", { host: hv1, nic: "mgmt" }) });',
    /HostBridge resource 'session': property uplink .* has a problem: mgmt of hv1 carries this very SSH session/,
  ],
  // The lab's kernel has no bond: a file of facts tells of one.
  [
    'new Uplink("bonded", { host: await getHost(connection, { facts: "bonded.json" }), nic: "eth4" });',
    /Uplink resource 'bonded': property nic value \{eth4\} has a problem: eth4 of hv1 is a member of the bond bond0: use the bond/,
  ],
];

test.serial("bad input fails in the preview, on the resource, before anything is touched", async (t) => {
  const facts = await observe(openHost(lab().connection));
  const eth4 = facts.links.find(({ name }) => name === "eth4");
  const others = facts.links.filter((link) => link !== eth4);
  const bond = { ...eth4, name: "bond0", kind: "bond", nic: null };
  await stack.stack.write(
    "bonded.json",
    JSON.stringify({ ...facts, links: [...others, { ...eth4, master: "bond0" }, bond] }),
  );
  closeHosts();
  const made = await snapshotOf(lab().lab, "hv1");
  for (const [line, says] of wrong) {
    await stack.edit(shop() + line);
    const { status, stdout } = await stack.stack.pulumi(["preview"]);
    t.not(status, 0);
    t.regex(stdout, says);
    t.notRegex(stdout, /PRIVATE KEY/);
  }
  t.deepEqual(changesBetween(made, await snapshotOf(lab().lab, "hv1")), []);
});

test.serial("what is ignored, and what is no target, stays as it is", async (t) => {
  const ignoring = '{ ignoreChanges: ["mtu"], ...aliases("eth1", "u") }';
  await stack.edit(shop().replace("mtu: 1450", "mtu: 1440").replace('aliases("eth1", "u")', ignoring));
  const ignored = await stack.preview();
  t.false(
    ignored.some(({ name }) => name === "eth1"),
    JSON.stringify(ignored),
  );
  await stack.edit(shop({ mode: "veb", model: "e1000e" }));
  const urn = (await stack.stack.resources()).find((resource) => resource.urn.endsWith("::db"))?.urn ?? "";
  await stack.up("--target", urn);
  t.like(await stack.state("db"), { model: "e1000e" });
  t.like(await stack.state("web"), { mode: "vepa" });
  await stack.destroy();
  t.deepEqual(await unchangedHost(), []);
});
