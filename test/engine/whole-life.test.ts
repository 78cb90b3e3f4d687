import test from "ava";
import { defineGuest, startGuest } from "../../lab/guest.ts";
import { snapshotOf } from "../resources/host-snapshot.ts";
import { type EngineStack, useEngineLab } from "./engine-lab.ts";

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
const off = new VmInterface("off", { bridge: br0, domain: "off-1", mtu: 1200 });
const onEndpoint = new VmInterface("on-endpoint", { endpoint, domain: "off-1" });
new VmInterface("xml", { bridge: fabric, needs: ["switch-visible"] });
export const explanation = web.explanation;
`;

const lab = useEngineLab(test, "whole-life", 3, async (on) => {
  await Promise.all([
    startGuest(on.lab, "hv1", "web-1").then((guest) => guest.close()),
    defineGuest(on.lab, "hv1", "off-1"),
  ]);
  await on.sh("ip link add br0 type bridge; ip link set br0 up");
});

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
  t.is(await snapshotOf(lab().lab, "hv1"), before);
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

test.serial("destroy leaves the host as it was", async (t) => {
  await stack.destroy();
  t.is(await snapshotOf(lab().lab, "hv1"), before);
});
