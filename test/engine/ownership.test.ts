import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { defineGuest, startGuest } from "../../lab/guest.ts";
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
const aliases = (name) => ({ aliases: [{ name }] });
const eth1 = new Uplink("${edit.uplink ?? "eth1"}", { host: hv1, nic: "${edit.nic ?? "eth1"}", mtu: 1450 }, aliases("eth1"));
const eth2 = new Uplink("eth2", { host: hv1, nic: "eth2" });
const fabric = new HostBridge("${edit.fabric ?? "fabric"}", { uplink: eth1, type: "ethernet" }, aliases("fabric"));
const lan = new HostBridge("${edit.lan ?? "lan"}", { uplink: eth2 }, aliases("lan"));
new MacvtapEndpoint("${edit.endpoint ?? "endpoint"}", { uplink: eth1, mode: "bridge" }, aliases("endpoint"));
new VmInterface("${edit.web ?? "web"}", { bridge: fabric, domain: "web-1", mode: "${edit.mode ?? "vepa"}", mac: "02:00:00:00:00:03" }, aliases("web"));
new VmInterface("${edit.db ?? "db"}", { bridge: lan, domain: "web-1", model: "${edit.model ?? "virtio"}" }, aliases("db"));
`;

let stack: EngineStack;
let before: string;

const unchangedHost = async (): Promise<string[]> => changesBetween(before, await snapshotOf(lab().lab, "hv1"));

test.serial("what a program of ours made is found again by its mark when the state is lost", async (t) => {
  before = await snapshotOf(lab().lab, "hv1");
  stack = await lab().stack("ownership", shop());
  await stack.stack.must(["stack", "export", "--file", "empty.json"]);
  await stack.up();
  const made = await snapshotOf(lab().lab, "hv1");
  await stack.stack.must(["stack", "import", "--file", "empty.json"]);
  t.regex(await stack.up(), /7 created|8 created/);
  t.deepEqual(changesBetween(made, await snapshotOf(lab().lab, "hv1")), [], "nothing twice, nothing else");
  await stack.mustBeUnchanged();
});

test.serial("renamed resources change nothing on the host", async (t) => {
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
  return readFileSync(join(folder, "rotated"), "utf8");
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
    await stack.mustBeUnchanged();
    await stack.refresh();
    await stack.edit("");
    const removed = await stack.stack.pulumi(["up", "--yes", "--skip-preview"]);
    t.log(removed.stdout.slice(-1500), removed.stderr);
    const destroyed = await stack.stack.pulumi(["destroy", "--yes", "--skip-preview"]);
    t.log(destroyed.stdout.slice(-1500), destroyed.stderr);
    t.is(destroyed.status, 0);
    t.deepEqual(await unchangedHost(), []);
  } finally {
    writeFileSync(authorized, first);
    await stack.stack.write("connection.json", JSON.stringify(lab().connection));
  }
});
