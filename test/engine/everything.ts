import { defineGuest, type Guest, startGuest } from "../../lab/guest.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import type { EngineLab } from "./engine-lab.ts";

/** Every kind with every option: what the tests edit stands in one place. */
export const everything = (edit: { readonly [name: string]: string } = {}): string => `
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

/** What it needs on the host: three uplinks, the bridge br0, and two domains, of which this one runs. */
export const prepareForEverything = async (on: EngineLab): Promise<Guest> => {
  const [guest] = await Promise.all([startGuest(on.lab, "hv1", "web-1"), defineGuest(on.lab, "hv1", "off-1")]);
  // A port that stays, and an address of its own: else both go with the first tap that leaves.
  await on.sh(`
    ip link add br0 address 02:00:00:00:00:b0 type bridge forward_delay 0
    ip link set eth3 master br0
    ip link set br0 up`);
  await waitUntil("br0 to be up", 20, async () =>
    (await on.sh("ip -6 addr show dev br0 up scope link -tentative")).includes("fe80:") ? true : undefined,
  );
  return guest;
};
