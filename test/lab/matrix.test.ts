import test, { type ExecutionContext } from "ava";
import { addBridgePort, addMacvtap, type Endpoint } from "../../lab/endpoint.ts";
import { createLab, type Lab } from "../../lab/lab.ts";
import { labName, labTest } from "./lab-test.ts";

let lab: Lab;
test.before(async () => {
  lab = await createLab({ name: labName(), libvirt: false });
});
test.after.always(() => lab?.down());

const modes = ["bridge", "vepa", "private"] as const;
type Mode = (typeof modes)[number];
const kinds = ["unicast", "broadcast", "multicast"] as const;
type Kind = (typeof kinds)[number];

const groups = { broadcast: "ff:ff:ff:ff:ff:ff", multicast: "01:00:5e:01:02:03" };

/** The frames of drivers/net/macvlan.c: does one from `from` reach `to`, both on one uplink? */
function expected(from: Mode, to: Mode, kind: Kind, reflecting: boolean): boolean {
  if (from === "bridge" && to === "bridge") return true;
  if (kind === "unicast") return reflecting;
  // What comes back from the switch: of a private sender to itself alone, of the others not to private ones.
  return reflecting && from !== "private" && to !== "private";
}

/** Sends every kind of frame from each to each other, and tells what arrived where, a line a frame: `a > b unicast`. */
async function everyOrderedPair(endpoints: readonly Endpoint[], fence: Endpoint): Promise<string[]> {
  for (const from of endpoints) {
    for (const to of endpoints)
      if (to !== from) from.send({ to: to.mac, payload: `${from.link} > ${to.link} unicast` });
    for (const kind of ["broadcast", "multicast"] as const)
      from.send({ to: groups[kind], payload: `${from.link} > * ${kind}` });
  }
  // It reaches all of them, after all that was sent before.
  fence.send({ to: groups.broadcast, payload: "fence" });
  const arrived: string[] = [];
  for (const at of endpoints) {
    if ((await at.received(({ payload }) => payload === "fence", 5000)) === undefined)
      arrived.push(`${at.link}: no fence`);
    for (const { payload } of at.take()) arrived.push(payload.replace("*", at.link));
  }
  return arrived.sort();
}

const eachPair = <Value>(values: readonly Value[], look: (from: Value, to: Value) => string[]): string[] =>
  values.flatMap((from) => values.flatMap((to) => (from === to ? [] : look(from, to)))).sort();

async function matrixOfModes(t: ExecutionContext, reflecting: boolean) {
  await lab.hairpin("hv1", "eth1", reflecting);
  const endpoints: { endpoint: Endpoint; mode: Mode }[] = [];
  for (const mode of modes)
    for (const number of [1, 2]) {
      const link = `${mode}-${number}`;
      endpoints.push({ mode, endpoint: await addMacvtap(lab, "hv1", { link, uplink: "eth1", mode }) });
      await lab.exec("hv1", ["ip", "link", "set", "dev", link, "allmulticast", "on"]);
    }
  const far = await addMacvtap(lab, "hv2", { link: "far", uplink: "eth1", mode: "bridge" });
  const arrived = await everyOrderedPair(
    endpoints.map(({ endpoint }) => endpoint),
    far,
  );
  const wanted = eachPair(endpoints, (from, to) =>
    kinds
      .filter((kind) => expected(from.mode, to.mode, kind, reflecting))
      .map((kind) => `${from.endpoint.link} > ${to.endpoint.link} ${kind}`),
  );
  // Private endpoints get back what they sent to all: IPv6 duplicate address detection fails in their guests.
  const own = ["private-1", "private-2"].flatMap((link) => [
    `${link} > ${link} broadcast`,
    `${link} > ${link} multicast`,
  ]);
  t.deepEqual(arrived, (reflecting ? [...wanted, ...own] : wanted).sort());
  for (const { endpoint } of endpoints) await endpoint.close();
  await far.close();
}

labTest(
  "macvtaps of all modes on one uplink, the switch not reflecting: only bridge mode reaches bridge mode",
  async (t) => {
    await matrixOfModes(t, false);
  },
);

labTest(
  "macvtaps of all modes on one uplink, the switch reflecting: unicast reaches all, private ones hear no broadcast",
  async (t) => {
    await matrixOfModes(t, true);
  },
);

async function withBridge(run: (ports: readonly [Endpoint, Endpoint, Endpoint], far: Endpoint) => Promise<void>) {
  const make =
    "ip link add br0 type bridge mcast_snooping 0 && ip link set dev br0 up && ip link set dev eth2 master br0";
  await lab.exec("hv1", ["sh", "-c", make]);
  const port = (name: string) => addBridgePort(lab, "hv1", { port: name, bridge: "br0" });
  const ports = [await port("vm1"), await port("vm2"), await port("vm3")] as const;
  const far = await addMacvtap(lab, "hv2", { link: "far", uplink: "eth2", mode: "bridge" });
  try {
    await run(ports, far);
  } finally {
    for (const endpoint of [...ports, far]) await endpoint.close();
    await lab.exec("hv1", ["ip", "link", "del", "dev", "br0"]);
  }
}

labTest("ports of a Linux bridge reach each other with every kind of frame, once", async (t) => {
  await withBridge(async (ports, far) => {
    const arrived = await everyOrderedPair(ports, far);
    t.deepEqual(
      arrived,
      eachPair(ports, (from, to) => kinds.map((kind) => `${from.link} > ${to.link} ${kind}`)),
    );
  });
});

labTest(
  "a Linux bridge on a reflecting port breaks: broadcasts come back, and the sender's neighbours lose it",
  async (t) => {
    await lab.hairpin("hv1", "eth2", true);
    await withBridge(async ([one, two], far) => {
      one.send({ to: groups.broadcast, payload: "broadcast" });
      far.send({ to: groups.broadcast, payload: "fence" });
      for (const at of [one, two]) await at.received(({ payload }) => payload === "fence", 5000);
      t.is(one.take().filter(({ payload }) => payload === "broadcast").length, 1, "its own, from the switch");
      t.is(two.take().filter(({ payload }) => payload === "broadcast").length, 2, "directly and from the switch");
      // The bridge now takes the uplink for the sender's port, and the switch sends the frame back to where it came from.
      two.send({ to: one.mac, payload: "unicast" });
      t.is(await one.received(({ payload }) => payload === "unicast", 300), undefined);
    });
    await lab.hairpin("hv1", "eth2", false);
  },
);
