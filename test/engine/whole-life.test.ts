import test from "ava";
import { defineGuest, type Guest, startGuest } from "../../lab/guest.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { changesBetween, snapshotOf } from "../resources/host-snapshot.ts";
import { type EngineStack, type Planned, useEngineLab } from "./engine-lab.ts";

/** Every kind with every option: what the tests edit stands in one place. */
const everything = (edit: { readonly [name: string]: string } = {}): string => `
const hv1 = await getHost(connection);
const eth1 = new Uplink("eth1", { host: hv1, nic: "eth1", mtu: ${edit.uplinkMtu ?? 1450}, assume: { reflectiveRelay: "unknown" } });
const eth2 = new Uplink("eth2", { host: hv1, nic: "eth2" });
const fabric = new HostBridge("fabric", { uplink: eth1, type: "ethernet", mode: ["veb", "vepa"] });
const lan = new HostBridge("lan", {
  uplink: eth2, name: "br-lan", stp: true, forwardDelaySeconds: 2, helloTimeSeconds: 1, maxAgeSeconds: 6, priority: 4096,
  ageingSeconds: ${edit.ageingSeconds ?? 600}, multicastSnooping: false, mtu: 1400, mac: "02:00:00:00:00:01",
  uplinkPort: { hairpin: false, isolated: true },
});
const br0 = HostBridge.existing("br0", { host: hv1, bridge: "br0" });
const endpoint = new MacvtapEndpoint("endpoint", {
  uplink: eth1, mode: "${edit.endpointMode ?? "private"}", name: "ep0", mac: "02:00:00:00:00:02", mtu: 1300, up: true, allMulticast: false, qemuFd: 9,
});
const web = new VmInterface("web", {
  bridge: fabric, domain: "web-1", mode: "${edit.webMode ?? "vepa"}", mac: "${edit.webMac ?? "02:00:00:00:00:03"}", model: "${edit.webModel ?? "virtio"}", driver: "qemu",
  queues: 2, rxQueueSize: 512, txQueueSize: 256, linkState: "${edit.webLink ?? "up"}", trustGuestRxFilters: true, allMulticast: false, detachTimeoutSeconds: 30,
});
const db = new VmInterface("db", { bridge: ${edit.dbBridge ?? "lan"}, domain: "web-1", model: "e1000e", isolated: ${edit.isolated ?? "true"}, linkState: "${edit.dbLink ?? "down"}" });
const off = new VmInterface("off", { bridge: ${edit.offBridge ?? "br0"}, domain: "off-1", mtu: 1200 });
const onEndpoint = new VmInterface("on-endpoint", { endpoint, domain: "off-1" });
new VmInterface("xml", { bridge: fabric, needs: ["switch-visible"] });
export const explanation = web.explanation;
`;

const lab = useEngineLab(test, "whole-life", 3, async (on) => {
  await Promise.all([
    startGuest(on.lab, "hv1", "web-1").then((started) => {
      guest = started;
    }),
    defineGuest(on.lab, "hv1", "off-1"),
  ]);
  // A port that stays, and an address of its own: else both go with the first tap that leaves.
  await on.sh(`
    ip link add br0 address 02:00:00:00:00:b0 type bridge forward_delay 0
    ip link set eth3 master br0
    ip link set br0 up`);
  await waitUntil("br0 to be up", 20, async () =>
    (await on.sh("ip -6 addr show dev br0 up scope link -tentative")).includes("fe80:") ? true : undefined,
  );
});

let guest: Guest;
let stack: EngineStack;
let before: string;

test.serial("the first preview names the realization of every interface, and touches nothing", async (t) => {
  before = await snapshotOf(lab().lab, "hv1");
  stack = await lab().stack("whole-life", everything());
  const shown = await stack.stack.must(["preview", "--diff"]);
  t.regex(shown, /"mode-asked"\s+\[1\]: "bridge-type-ethernet"\s+\]\s+kind +: "macvtap-vepa"\s+source : "eth1"/);
  t.regex(shown, /kind *: "linux-bridge"\s+source *: "br-lan"/);
  t.regex(shown, /kind *: "linux-bridge"\s+source *: "br0"/);
  t.regex(shown, /kind *: "macvtap-endpoint"\s+source *: "ep0"/);
  t.regex(shown, /11 to create|12 to create/);
  t.deepEqual(changesBetween(before, await snapshotOf(lab().lab, "hv1")), []);
});

test.serial("up makes it all, and then there is nothing to do, whatever options are set", async (t) => {
  const shown = await stack.up();
  t.regex(shown, /created/);
  await stack.mustBeUnchanged();
  const again = await stack.up();
  t.regex(again, /unchanged/);
  t.notRegex(again, /created|updated|replaced/);
  t.regex(await lab().sh("virsh domiflist web-1"), /direct +eth1 +virtio +02:00:00:00:00:03/);
});

const planned = (plan: readonly Planned[]): Record<string, readonly string[]> =>
  Object.fromEntries(plan.map(({ name, op, differing }) => [`${op} ${name}`, differing]));

const nicOf = async (mac: string): Promise<string> =>
  (await lab().sh(`virsh dumpxml web-1 | grep -B2 -A12 ${mac} || true`)).replaceAll(/\s+/g, " ");

test.serial("what libvirt changes in place is an update, and the guest keeps the NIC", async (t) => {
  const { mac } = await stack.state("db");
  const nicsOfGuest = () =>
    guest.run("cd /sys/class/net; for nic in *; do echo $nic $(cat $nic/address $nic/ifindex); done");
  const { stdout: nics } = await nicsOfGuest();
  await stack.edit(everything({ dbLink: "up", isolated: "false", dbBridge: "br0" }));
  const plan = planned(await stack.preview());
  t.deepEqual(Object.keys(plan), ["update db"]);
  t.deepEqual(
    ["bridge", "isolated", "linkState", "realization"].filter(
      (input) => !plan["update db"]?.some((path) => path.startsWith(input)),
    ),
    [],
  );
  await stack.up();
  const xml = await nicOf(String(mac));
  t.regex(xml, /<source bridge='br0'\/>/);
  t.notRegex(xml, /isolated='yes'|<link state='down'/);
  t.is((await nicsOfGuest()).stdout, nics, "the same NICs at the same indices");
  await stack.edit(everything());
  await stack.up();
  t.is((await nicsOfGuest()).stdout, nics);
  await stack.mustBeUnchanged();
});

test.serial("what libvirt can't change is a replacement, which detaches and attaches", async (t) => {
  const edits = [
    [{ webMode: "veb" }, ["mode", "realization.kind"], /direct.* mode='bridge'/],
    [
      { webModel: "e1000e", webMac: "02:00:00:00:00:33" },
      ["model", "mac"],
      /02:00:00:00:00:33.*<model type='e1000e'\/>/,
    ],
  ] as const;
  for (const [edit, differing, xml] of edits) {
    const text = everything(edit);
    // An e1000e has none of virtio's options.
    await stack.edit(
      "webModel" in edit ? text.replace(/driver: "qemu",\s+queues: 2, rxQueueSize: 512, txQueueSize: 256,/, "") : text,
    );
    const plan = planned(await stack.preview());
    const replacement = Object.entries(plan).filter(([name]) => / web$/.test(name));
    t.true(
      replacement.some(([name]) => name === "replace web"),
      JSON.stringify(plan),
    );
    t.deepEqual(
      Object.keys(plan).filter((name) => !name.endsWith(" web")),
      [],
      "nothing else moves",
    );
    for (const input of differing)
      t.true(
        replacement.some(([, paths]) => paths.includes(input)),
        JSON.stringify(plan),
      );
    const shown = await stack.up();
    t.regex(shown, /VmInterface\/web: detach \S+ from web-1[\s\S]*VmInterface\/web: attach \S+ to web-1/);
    t.regex(await nicOf(edit === edits[1][0] ? "02:00:00:00:00:33" : "02:00:00:00:00:03"), xml);
  }
  await stack.edit(everything());
  await stack.up();
  await stack.mustBeUnchanged();
});

test.serial("preview shows an edit property by property", async (t) => {
  await stack.edit(everything({ ageingSeconds: "700", endpointMode: "vepa", uplinkMtu: "1440" }));
  const shown = await stack.stack.must(["preview", "--diff"]);
  t.regex(shown, /~ ageingSeconds *: 600 => 700/);
  t.regex(shown, /~ mode *: "private" => "vepa"/);
  t.regex(shown, /~ mtu *: 1450 => 1440/);
  await stack.up();
  t.regex(await lab().sh("ip -d link show ep0"), /mode vepa/);
  await stack.edit(everything());
  await stack.up();
  await stack.mustBeUnchanged();
});

/** Changes made behind the program's back, with what a refresh says of each. */
const drifts: readonly (readonly [string, RegExp])[] = [
  ["ip link set eth1 mtu 1460", /~ mtu *: 1450 => 1460/],
  ["ip link set eth2 down", /~ up *: true => false/],
  ["ip link set br-lan type bridge stp_state 0", /~ stp *: true => false/],
  ["ip link set br-lan type bridge forward_delay 300", /~ forwardDelaySeconds *: 2 => 3/],
  ["ip link set br-lan type bridge hello_time 200", /~ helloTimeSeconds *: 1 => 2/],
  ["ip link set br-lan type bridge max_age 700", /~ maxAgeSeconds *: 6 => 7/],
  ["ip link set br-lan type bridge priority 8192", /~ priority *: 4096 => 8192/],
  ["ip link set br-lan type bridge ageing_time 5000", /~ ageingSeconds *: 600 => 50/],
  ["ip link set br-lan type bridge mcast_snooping 1", /~ multicastSnooping *: false => true/],
  ["ip link set br-lan mtu 1390", /~ mtu *: 1400 => 1390/],
  ["ip link set br-lan address 02:00:00:00:00:aa", /~ mac *: "02:00:00:00:00:01" => "02:00:00:00:00:aa"/],
  ["ip link set eth2 type bridge_slave hairpin on", /~ hairpin *: false => true/],
  ["ip link set eth2 type bridge_slave isolated off", /~ isolated *: true => false/],
  ["ip link set ep0 type macvtap mode vepa", /~ mode *: "private" => "vepa"/],
  ["ip link set ep0 address 02:00:00:00:00:bb", /~ mac *: "02:00:00:00:00:02" => "02:00:00:00:00:bb"/],
  ["ip link set ep0 mtu 1290", /~ mtu *: 1300 => 1290/],
  ["ip link set ep0 allmulticast on", /~ allMulticast *: false => true/],
  ["ip link set ep0 down", /~ up *: true => false/],
];

test.serial(
  "drift by hand: every property of links is shown by refresh, one by one, and mended by up; others' links are untouched",
  async (t) => {
    await lab().sh(`
      ip link add others0 mtu 1400 type veth peer name others1
      ip link set others0 master br-lan up
      ip link add link eth1 name others2 type macvtap mode bridge`);
    const others = () => lab().sh("for link in others0 others1 others2; do ip -o link show $link; done");
    const untouched = await others();
    // The states are last: what is down shows no timers of a running tree.
    await lab().sh(drifts.map(([command]) => command).join("\n"));
    const shown = await stack.refresh();
    for (const [command, says] of drifts) t.regex(shown, says, command);
    await stack.up();
    await stack.mustBeUnchanged();
    t.is(await others(), untouched);
    await lab().sh("ip link del others0; ip link del others2");
  },
);

test.serial("drift by hand of interfaces, in a running domain and in definitions, is shown and mended", async (t) => {
  const { mac, device } = await stack.state("db");
  const off = await stack.state("off");
  await lab().sh(`
    virsh domif-setlink web-1 ${mac} up
    ip link set ${(await stack.state("web")).device} allmulticast on
    bridge link set dev ${device} isolated off
    virsh dumpxml --inactive off-1 | sed "/${off.mac}/,/<.interface>/s/<mtu size='1200'.>/<mtu size='1100'\\/>/" |
      sed "/${off.mac}/,/<.interface>/s/<model type='virtio'.>/<model type='e1000'\\/>/" >/run/off.xml
    virsh define /run/off.xml; rm /run/off.xml`);
  const shown = await stack.refresh();
  t.regex(shown, /~ isolated *: true => false/);
  t.regex(shown, /~ linkState *: "down" => "up"/);
  t.regex(shown, /~ allMulticast *: false => true/);
  t.regex(shown, /~ mtu *: 1200 => 1100/);
  t.regex(shown, /~ model *: "virtio" => "e1000"/);
  await stack.up();
  await stack.mustBeUnchanged();
});

test.serial("an interface detached by hand, live, in the definition, or both, comes back", async (t) => {
  const { mac } = await stack.state("db");
  for (const [scope, says] of [
    ["--live", /~ attachment *: "complete" => "persistent-only"/],
    ["--config", /~ attachment *: "complete" => "live-only"/],
    ["--live --config", /VmInterface: \(delete\)[\s\S]*::db\]/],
  ] as const) {
    await lab().sh(`virsh detach-interface web-1 bridge --mac ${mac} ${scope}`);
    await waitUntil("the guest to let go", 20, async () =>
      scope === "--config" || !(await lab().sh("virsh domiflist web-1")).includes(String(mac)) ? true : undefined,
    );
    t.regex(await stack.refresh(), says, scope);
    await stack.up();
    t.regex(
      await lab().sh("virsh domiflist web-1; virsh domiflist --inactive web-1"),
      new RegExp(`${mac}[\\s\\S]*${mac}`),
      scope,
    );
  }
  await stack.mustBeUnchanged();
});

test.serial("a running guest's macvtap that was changed or deleted by hand is as asked again", async (t) => {
  const { device } = await stack.state("web");
  await lab().sh(`ip link set ${device} type macvtap mode bridge`);
  t.regex(await stack.refresh(), /~ kind *: "macvtap-vepa" => "macvtap-bridge"/);
  await stack.up();
  t.regex(await lab().sh(`ip -d link show ${device}`), /mode vepa/);
  await lab().sh(`ip link del ${device}`);
  t.regex(await stack.refresh(), /~ attachment *: "complete" => "persistent-only"/);
  await stack.up();
  t.regex(await lab().sh(`ip -d link show ${device}`), /mode vepa/);
  await stack.mustBeUnchanged();
});

test.serial("a bridge, its port and a macvtap taken away by hand come back", async (t) => {
  await lab().sh("ip link set eth2 nomaster; ip link del ep0");
  const shown = await stack.refresh();
  t.regex(shown, /~ members[\s\S]*- \[0\]: "eth2"/);
  t.regex(shown, /MacvtapEndpoint: \(delete\)/);
  await stack.up();
  t.regex(await lab().sh("ip link show eth2"), /master br-lan/);

  // Whoever takes the bridge away gives the NIC its IPv6 back: nothing else on the host knows that it had it.
  await lab().sh("ip link del br-lan; echo 0 >/proc/sys/net/ipv6/conf/eth2/disable_ipv6");
  const gone = await stack.refresh();
  t.regex(gone, /HostBridge: \(delete\)[\s\S]*::lan\]/);
  t.regex(gone, /~ source *: "br-lan" => "none"/, "the guest's tap has no bridge");
  await stack.up();
  t.regex(await lab().sh("bridge link show"), /eth2.* master br-lan/);
  await stack.mustBeUnchanged();
  const { device } = await stack.state("db");
  t.regex(await lab().sh(`ip link show ${device}`), /master br-lan/, "the guest's tap is in the new bridge");
});

test.serial("libvirtd down for longer than is waited for: an error of refresh, and nothing is forgotten", async (t) => {
  const { length } = await stack.stack.resources();
  await lab().sh("kill -STOP $(cat /run/libvirtd.pid)");
  try {
    const { status, stdout, stderr } = await stack.stack.pulumi(["refresh", "--yes", "--skip-preview"]);
    t.not(status, 0);
    t.regex(stdout + stderr, /libvirt on hv1 does not answer/);
    t.notRegex(stdout + stderr, /^ +at /m, "no stack trace");
  } finally {
    await lab().sh("kill -CONT $(cat /run/libvirtd.pid)");
  }
  t.is((await stack.stack.resources()).length, length);
  await stack.mustBeUnchanged();
});

test.serial("a domain that starts later is as asked, but for its macvtap's host side, which up mends", async (t) => {
  await stack.edit(everything({ offBridge: "fabric" }).replace(", mtu: 1200", ""));
  await stack.up();
  t.notRegex(await lab().sh("ip -o link"), /off-[0-9a-f]{6}@eth1/, "shut off: in the definition alone");
  await lab().sh("virsh start --paused off-1");
  const shown = await stack.refresh();
  t.regex(shown, /~ allMulticast *: true => false/);
  t.notRegex(shown, /~ (mac|model|realization|linkState|target|attachment)/);
  await stack.up();
  t.regex(await lab().sh(`ip -d link show ${(await stack.state("off")).device}`), /ALLMULTI/);
  await lab().sh("virsh destroy off-1");
  await stack.edit(everything());
  await stack.up();
  await stack.mustBeUnchanged();
});

test.serial("a domain that is deleted by hand does not keep destroy from its work", async (t) => {
  await lab().sh("virsh undefine off-1");
  await stack.destroy();
  await lab().sh("virsh define /run/guests/off-1.xml");
  // Defined anew it has another UUID.
  const changes = changesBetween(before, await snapshotOf(lab().lab, "hv1"));
  t.deepEqual(
    changes.filter((line) => !line.includes("<uuid>")),
    [],
  );
});
