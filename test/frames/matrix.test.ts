import { addBridgePort, type Endpoint, openMacvtap } from "../../lab/endpoint.ts";
import type { LabHypervisor } from "../../lab/lab.ts";
import { provide } from "../../prove/provide.ts";
import { untilQuiet } from "../../prove/quiet.ts";
import { labTest } from "../lab/lab-test.ts";
import { arrivals, type FrameKind, type Mode, type Place } from "./expected.ts";
import { useMade } from "./made.ts";

const broadcast = "ff:ff:ff:ff:ff:ff";
/** A group that no host joins: it passes because the provider sets allmulticast, or not at all. */
const group = "01:00:5e:7f:12:34";
const modes: readonly Mode[] = ["bridge", "vepa", "private"];

const made = useMade();

type Station = Place & { readonly endpoint: Endpoint; readonly name: string };

/** What was sent, readable in a frame: from, to and kind. */
const send = (from: Station, to: Station, kind: FrameKind): void => {
  const address = { unicast: to.endpoint.mac, broadcast, multicast: group }[kind];
  // A group frame is for everybody: it is sent once, and looked for at each.
  const addressee = kind === "unicast" ? to.name : "all";
  from.endpoint.send({ to: address, payload: `${kind} ${from.name} > ${addressee}` });
};

const sendAll = (stations: readonly Station[]): void => {
  for (const from of stations) {
    const others = stations.filter((to) => to !== from);
    for (const to of others) send(from, to, "unicast");
    const [anyone] = others;
    if (anyone !== undefined) for (const kind of ["broadcast", "multicast"] as const) send(from, anyone, kind);
  }
};

/** Every frame that each station should not have heard, heard twice or missed; empty when all is as expected. */
const surprises = async (
  stations: readonly Station[],
  expected: (from: Station, to: Station, kind: FrameKind) => number,
): Promise<{ pairs: number; wrong: string[] }> => {
  const arrived = await untilQuiet(stations.map(({ endpoint }) => endpoint));
  const wrong: string[] = [];
  let pairs = 0;
  for (const from of stations) {
    for (const to of stations.filter((each) => each !== from)) {
      for (const kind of ["unicast", "broadcast", "multicast"] as const) {
        pairs += 1;
        const payload = `${kind} ${from.name} > ${kind === "unicast" ? to.name : "all"}`;
        const seen = arrived.get(to.endpoint)?.filter((frame) => frame.payload === payload).length ?? 0;
        const wanted = expected(from, to, kind);
        if (seen !== wanted) wrong.push(`${kind} ${from.name} > ${to.name}: ${seen} instead of ${wanted}`);
      }
    }
  }
  return { pairs, wrong };
};

const macvtapStations = async (hypervisor: LabHypervisor): Promise<Station[]> => {
  const uplink = await provide(hypervisor, "Uplink", "eth1", { nic: "eth1" });
  made.provided.push(uplink);
  const stations: Station[] = [];
  for (const mode of modes) {
    for (const twin of ["a", "b"]) {
      const name = `${mode}-${twin}`;
      const macvtap = await provide(hypervisor, "MacvtapEndpoint", name, { uplink: uplink.ref, mode });
      made.provided.push(macvtap);
      const endpoint = await openMacvtap(made.lab, hypervisor.name, String(macvtap.state.device));
      made.open.push(endpoint);
      stations.push({ hypervisor: hypervisor.name, mode, endpoint, name: `${hypervisor.name}/${name}` });
    }
  }
  return stations;
};

labTest("macvtaps of every mode, on one host and on two, reach each other as the kernel's rules say", async (t) => {
  const lab = await made.startLab({ hypervisors: 2, uplinks: 2 });
  const stations = (await Promise.all(lab.hypervisors.map(macvtapStations))).flat();
  t.is(stations.length, 12);
  for (const reflecting of [[], ["hv1"], ["hv1", "hv2"]]) {
    for (const { name } of lab.hypervisors) await lab.hairpin(name, "eth1", reflecting.includes(name));
    // The switch learns every address first, so that unicast is not flooded.
    for (const { endpoint } of stations) endpoint.send({ to: broadcast, payload: "here" });
    await untilQuiet(stations.map(({ endpoint }) => endpoint));
    sendAll(stations);
    const { pairs, wrong } = await surprises(stations, (from, to, kind) =>
      arrivals(from, to, kind, reflecting.includes(from.hypervisor)),
    );
    t.deepEqual(wrong, [], `reflecting: ${reflecting.join(", ") || "none"}`);
    t.is(pairs, 12 * 11 * 3);
    t.log(`reflecting ${reflecting.join(" and ") || "nowhere"}: ${pairs} ordered pairs and kinds of frame as expected`);
  }
});

labTest("VMs on Linux bridges reach each other on one host and on two, whatever the kind of frame", async (t) => {
  const stations: Station[] = [];
  for (const hypervisor of made.lab.hypervisors) {
    const uplink = await provide(hypervisor, "Uplink", "eth2", { nic: "eth2" });
    const bridge = await provide(hypervisor, "HostBridge", "lan", { uplink: uplink.ref });
    made.provided.push(uplink, bridge);
    for (const twin of ["a", "b"]) {
      const endpoint = await addBridgePort(made.lab, hypervisor.name, {
        port: `vm-${twin}`,
        bridge: String(bridge.state.device),
      });
      made.open.push(endpoint);
      stations.push({ hypervisor: hypervisor.name, mode: "bridge", endpoint, name: `${hypervisor.name}/${twin}` });
    }
  }
  for (const { endpoint } of stations) endpoint.send({ to: broadcast, payload: "here" });
  await untilQuiet(stations.map(({ endpoint }) => endpoint));
  sendAll(stations);
  const { pairs, wrong } = await surprises(stations, () => 1);
  t.deepEqual(wrong, []);
  t.is(pairs, 4 * 3 * 3);
  t.log(`${pairs} ordered pairs and kinds of frame as expected`);
});

labTest("under a reflecting port a Linux bridge loses its own VMs: why the planner refuses it there", async (t) => {
  const [a, b] = made.open.slice(-2);
  if (a === undefined || b === undefined) return t.fail("no ports");
  const { lab } = made;
  const hypervisor = lab.hypervisors.at(-1)?.name ?? "";
  await lab.hairpin(hypervisor, "eth2", true);
  await untilQuiet([a, b]);
  a.send({ to: broadcast, payload: "announce" });
  const heard = await untilQuiet([a, b]);
  const count = (endpoint: Endpoint) => heard.get(endpoint)?.filter(({ payload }) => payload === "announce").length;
  t.true((count(a) ?? 0) >= 1, "its own broadcast comes back to A");
  t.true((count(b) ?? 0) >= 2, "B hears it twice");
  // The bridge has learned A behind the uplink: what B sends to A goes out and is lost there.
  b.send({ to: a.mac, payload: "local" });
  const local = (await untilQuiet([a])).get(a)?.filter(({ payload }) => payload === "local").length;
  t.is(local, 0, "unicast from B to A is lost");
  await lab.hairpin(hypervisor, "eth2", false);
});
