import test, { type ExecutionContext } from "ava";
import { addBridgePort, addMacvtap, type Endpoint, openMacvtap } from "../../lab/endpoint.ts";
import { openHost } from "../../lab/host-endpoint.ts";
import { createLab, type Lab } from "../../lab/lab.ts";
import { labName, labTest } from "./lab-test.ts";

let lab: Lab;
const open: Endpoint[] = [];
const kept = async (endpoint: Promise<Endpoint>) => {
  open.push(await endpoint);
  return await endpoint;
};

test.afterEach.always(async () => {
  for (const endpoint of open.splice(0)) await endpoint.close();
});
test.after.always(() => lab?.down());

let sent = 0;

/** Sends a frame and looks whether it arrives. What is not there after 200 ms is taken for lost: frames pass here in microseconds. */
async function passes(from: Endpoint, to: Endpoint, address = to.mac): Promise<boolean> {
  sent += 1;
  const payload = `frame ${sent}`;
  from.send({ to: address, payload });
  const frame = await to.received((each) => each.payload === payload, 200);
  return frame !== undefined && frame.from === from.mac;
}

const broadcast = "ff:ff:ff:ff:ff:ff";
/** All IPv6 nodes: one of the few groups that a macvtap takes without a guest that asks for it. */
const allNodes = "33:33:00:00:00:01";

async function allPass(t: ExecutionContext, from: Endpoint, to: Endpoint, expected: boolean) {
  t.is(await passes(from, to), expected, `${from.link} to ${to.link}, unicast`);
  t.is(await passes(from, to, broadcast), expected, `${from.link} to ${to.link}, broadcast`);
  t.is(await passes(from, to, allNodes), expected, `${from.link} to ${to.link}, multicast`);
}

labTest(
  "frames pass between uplinks of one number on two hypervisors, not between those of different numbers",
  async (t) => {
    lab = await createLab({ name: labName(), libvirt: false });
    const one = await kept(addMacvtap(lab, "hv1", { link: "tap-a", uplink: "eth1", mode: "bridge" }));
    const two = await kept(addMacvtap(lab, "hv2", { link: "tap-a", uplink: "eth1", mode: "bridge" }));
    const apart = await kept(addMacvtap(lab, "hv2", { link: "tap-b", uplink: "eth2", mode: "bridge" }));
    await allPass(t, one, two, true);
    await allPass(t, two, one, true);
    await allPass(t, one, apart, false);
  },
);

labTest("a vepa pair on one uplink reaches each other only while the switch's port reflects", async (t) => {
  const one = await kept(addMacvtap(lab, "hv1", { link: "tap-a", uplink: "eth1", mode: "vepa" }));
  const two = await kept(addMacvtap(lab, "hv1", { link: "tap-b", uplink: "eth1", mode: "vepa" }));
  for (const on of [false, true, false]) {
    await lab.hairpin("hv1", "eth1", on);
    await allPass(t, one, two, on);
    await allPass(t, two, one, on);
  }
});

labTest(
  "ports of a Linux bridge on a hypervisor reach each other and, by its uplink, another hypervisor",
  async (t) => {
    const commands = "ip link add br0 type bridge && ip link set dev br0 up && ip link set dev eth2 master br0";
    t.is((await lab.exec("hv1", ["sh", "-c", commands])).status, 0);
    const one = await kept(addBridgePort(lab, "hv1", { port: "vm1", bridge: "br0", mac: "52:54:00:00:00:01" }));
    const two = await kept(addBridgePort(lab, "hv1", { port: "vm2", bridge: "br0" }));
    const far = await kept(addMacvtap(lab, "hv2", { link: "tap-a", uplink: "eth2", mode: "vepa" }));
    t.is(one.mac, "52:54:00:00:00:01");
    for (const [from, to] of [
      [one, two],
      [two, one],
      [one, far],
      [far, two],
    ] as const)
      await allPass(t, from, to, true);
  },
);

labTest("a macvtap that something else made is opened by its name, and stays when it is closed", async (t) => {
  const make = ["ip", "link", "add", "link", "eth1", "name", "theirs", "type", "macvtap", "mode", "bridge"];
  t.is((await lab.exec("hv1", make)).status, 0);
  const theirs = await openMacvtap(lab, "hv1", "theirs");
  const far = await kept(addMacvtap(lab, "hv2", { link: "tap-a", uplink: "eth1", mode: "bridge" }));
  await allPass(t, theirs, far, true);
  await theirs.close();
  t.is((await lab.exec("hv1", ["ip", "link", "del", "dev", "theirs"])).status, 0);
});

labTest("macvtaps of two hypervisors never share a /dev/tapN", async (t) => {
  const indices = await Promise.all(
    lab.hypervisors.map(async ({ name }) => {
      await kept(addMacvtap(lab, name, { link: "tap-a", uplink: "eth1", mode: "vepa" }));
      return Number((await lab.exec(name, ["cat", "/sys/class/net/tap-a/ifindex"])).stdout);
    }),
  );
  const [first = 0, second = 0] = indices;
  t.true(Math.abs(first - second) >= 490, `indices ${indices}`);
  t.true(Math.min(first, second) >= 500, `indices ${indices}: too near to this machine's own`);
});

labTest("what stands for a VM sends nothing by itself, so that a bridge keeps what it has learned of it", async (t) => {
  const script = "ip link add name br1 type bridge && ip link set dev br1 up && ip link set dev eth2 master br1";
  await lab.exec("hv2", ["sh", "-c", script]);
  const port = await kept(addBridgePort(lab, "hv2", { port: "silent", bridge: "br1" }));
  const sentBy = async (link: string) =>
    Number((await lab.exec("hv2", ["cat", `/sys/class/net/${link}/statistics/tx_packets`])).stdout);
  await new Promise((resolve) => setTimeout(resolve, 3000));
  t.is(await sentBy("silent-n"), 0, "router solicitations and reports begin within a second");
  port.send({ to: broadcast, payload: "but this" });
  t.is(await sentBy("silent-n"), 1);
  await lab.exec("hv2", ["ip", "link", "del", "dev", "br1"]);
});

labTest("a host's own stack is a station: on its uplink, and on its bridge", async (t) => {
  const macvtap = await kept(addMacvtap(lab, "hv1", { link: "tap-a", uplink: "eth1", mode: "vepa" }));
  const [near, far] = [await kept(openHost(lab, "hv1", "eth1")), await kept(openHost(lab, "hv2", "eth1"))];
  await allPass(t, near, far, true);
  await allPass(t, macvtap, far, true);
  t.false(await passes(macvtap, near), "the switch does not reflect");
  t.false(await passes(macvtap, far, near.mac), "what is for another station is not the host's");
  await lab.exec("hv2", ["ip", "link", "add", "name", "br0", "type", "bridge"]);
  await lab.exec("hv2", ["ip", "link", "set", "dev", "br0", "up"]);
  const [port, host] = [
    await kept(addBridgePort(lab, "hv2", { port: "vm-a", bridge: "br0" })),
    await kept(openHost(lab, "hv2", "br0")),
  ];
  await allPass(t, port, host, true);
  await allPass(t, host, port, true);
  await lab.exec("hv2", ["ip", "link", "del", "dev", "br0"]);
});
