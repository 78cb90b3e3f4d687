import type { ExecutionContext } from "ava";
import { addMacvtap, type Endpoint, openMacvtap } from "../../lab/endpoint.ts";
import type { LabHypervisor } from "../../lab/lab.ts";
import { type Provided, provide } from "../../prove/provide.ts";
import { untilQuiet } from "../../prove/quiet.ts";
import { closeHosts } from "../../provider/host/open-host.ts";
import { lifecycle } from "../../provider/resources/lifecycle.ts";
import { labTest } from "../lab/lab-test.ts";
import { arrivals, type FrameKind, type Mode } from "./expected.ts";
import { useMade } from "./made.ts";

const broadcast = "ff:ff:ff:ff:ff:ff";
/** A group that no host joins. */
const group = "01:00:5e:7f:12:34";

const made = useMade();

interface Station {
  readonly name: string;
  readonly hypervisor: string;
  readonly mode: Mode | "pepa";
  readonly endpoint: Endpoint;
}

const opened = async (hypervisor: LabHypervisor, name: string, mode: Station["mode"], device: unknown) => {
  const endpoint = await openMacvtap(made.lab, hypervisor.name, String(device));
  made.open.push(endpoint);
  return { name: `${hypervisor.name}/${name}`, hypervisor: hypervisor.name, mode, endpoint };
};

let pepas: Provided[] = [];

/** Two of each mode, and on the first host one that somebody made by hand. */
const stationsOn = async (t: ExecutionContext, hypervisor: LabHypervisor): Promise<Station[]> => {
  const uplink = await provide(hypervisor, "Uplink", "eth1", { nic: "eth1" });
  const bridge = await provide(hypervisor, "HostBridge", "fabric", { uplink: uplink.ref, type: "ethernet" });
  made.provided.push(uplink, bridge);
  t.deepEqual(bridge.state.supportedModes, ["veb", "vepa", "pepa"]);
  // Side by side, as the engine makes them.
  const isolated = await Promise.all(
    ["pepa-a", "pepa-b"].map((name) => provide(hypervisor, "VmInterface", name, { bridge: bridge.ref, mode: "pepa" })),
  );
  pepas = [...pepas, ...isolated];
  made.provided.push(...isolated);
  const stations: Station[] = [];
  for (const [index, { state }] of isolated.entries()) {
    stations.push(await opened(hypervisor, `pepa-${"ab"[index]}`, "pepa", state.device));
  }
  for (const mode of ["vepa", "bridge"] as const) {
    for (const twin of ["a", "b"]) {
      const name = `${mode}-${twin}`;
      const macvtap = await provide(hypervisor, "MacvtapEndpoint", name, { uplink: uplink.ref, mode });
      made.provided.push(macvtap);
      stations.push(await opened(hypervisor, name, mode, macvtap.state.device));
    }
  }
  return stations;
};

interface Sent {
  readonly from: Station;
  /** Whose address it bears. */
  readonly as: string;
  readonly to: Station | "all";
  readonly kind: FrameKind;
  readonly payload: string;
}

let count = 0;

/** An address that nobody has, another one for each number below 2^24. */
const invented = (number: number): string =>
  `06:01:00:${[16, 8, 0].map((shift) => ((number >> shift) & 0xff).toString(16).padStart(2, "0")).join(":")}`;

const send = (from: Station, to: Station | "all", kind: FrameKind, as: string, source?: string): Sent => {
  count += 1;
  const payload = `${count} ${kind} ${from.name} as ${as}`;
  const address = to !== "all" ? to.endpoint.mac : kind === "broadcast" ? broadcast : group;
  from.endpoint.send({ to: address, payload, ...(source === undefined ? {} : { from: source }) });
  return { from, as, to, kind, payload };
};

/** To each of them, and to everybody. */
const sendToAll = (from: Station, stations: readonly Station[], as = "itself", source?: string): Sent[] => [
  ...stations.filter((to) => to !== from).map((to) => send(from, to, "unicast", as, source)),
  send(from, "all", "broadcast", as, source),
  send(from, "all", "multicast", as, source),
];

/** How often each frame arrived at each station. */
const counted = async (stations: readonly Station[]): Promise<(sent: Sent, at: Station) => number> => {
  const arrived = await untilQuiet(stations.map(({ endpoint }) => endpoint));
  return ({ payload }, at) => arrived.get(at.endpoint)?.filter((frame) => frame.payload === payload).length ?? 0;
};

const local = (a: Station, b: Station): boolean => a.hypervisor === b.hypervisor;

/** Everybody with their own address: who hears it that should not, and who misses it. */
const honestSurprises = async (stations: readonly Station[], reflecting: readonly string[]): Promise<string[]> => {
  const frames = stations.flatMap((from) => sendToAll(from, stations));
  const times = await counted(stations);
  return frames.flatMap((sent) =>
    stations
      .filter((at) => at !== sent.from && (sent.to === "all" || sent.to === at))
      .flatMap((at) => {
        const { from, kind } = sent;
        const isolated = local(from, at) && (from.mode === "pepa" || at.mode === "pepa");
        const modeOf = ({ mode }: Station): Mode => (mode === "pepa" ? "private" : mode);
        const [sender, receiver] = [from, at].map((each) => ({ hypervisor: each.hypervisor, mode: modeOf(each) }));
        if (sender === undefined || receiver === undefined) return [];
        const wanted = isolated ? 0 : arrivals(sender, receiver, kind, reflecting.includes(from.hypervisor));
        const seen = times(sent, at);
        return seen === wanted ? [] : [`${sent.payload} > ${at.name}: ${seen} instead of ${wanted}`];
      }),
  );
};

/** Everybody with every other's address: what reaches or leaves a pepa endpoint that way. */
const spoofedLeaks = async (
  stations: readonly Station[],
  uplinkMac: string,
): Promise<{ readonly frames: number; readonly leaks: string[] }> => {
  const here = stations.filter(({ hypervisor }) => hypervisor === "hv1");
  const frames = here.flatMap((from) => {
    const others = here.filter((other) => other !== from).map(({ name, endpoint }) => [name, endpoint.mac] as const);
    const sources = [...others, ["the uplink", uplinkMac], ["nobody", invented(count)]] as const;
    return sources.flatMap(([as, source]) => sendToAll(from, stations, as, source));
  });
  const times = await counted(stations);
  const leaks = frames.flatMap((sent) =>
    stations
      // A pepa endpoint gets nowhere with another's address; nobody else gets to one on this host.
      .filter((at) => (sent.from.mode === "pepa" ? true : at.mode === "pepa" && local(sent.from, at)))
      .flatMap((at) => (times(sent, at) === 0 ? [] : [`${sent.payload} > ${at.name}`])),
  );
  return { frames: frames.length, leaks };
};

let stations: Station[] = [];

labTest("no frame passes between a pepa VM and any other of its uplink, whoever lies about its address", async (t) => {
  const lab = await made.startLab({ hypervisors: 2, uplinks: 1 });
  for (const hypervisor of lab.hypervisors) stations.push(...(await stationsOn(t, hypervisor)));
  // Somebody else's, which the provider has never heard of: reached as ever, and isolated from all the same.
  const foreign = await addMacvtap(lab, "hv1", { link: "by-hand", uplink: "eth1", mode: "vepa" });
  made.open.push(foreign);
  await lab.exec("hv1", ["ip", "link", "set", "by-hand", "allmulticast", "on"]);
  stations = [...stations, { name: "hv1/by-hand", hypervisor: "hv1", mode: "vepa", endpoint: foreign }];
  const uplinkMac = (await lab.exec("hv1", ["cat", "/sys/class/net/eth1/address"])).stdout.trim();

  for (const reflecting of [[], ["hv1"], ["hv1", "hv2"]]) {
    for (const { name } of lab.hypervisors) await lab.hairpin(name, "eth1", reflecting.includes(name));
    const where = `reflecting: ${reflecting.join(", ") || "none"}`;
    // The switch learns every address first, so that unicast is not flooded.
    for (const { endpoint } of stations) endpoint.send({ to: broadcast, payload: "here" });
    await untilQuiet(stations.map(({ endpoint }) => endpoint));
    t.deepEqual(await honestSurprises(stations, reflecting), [], where);
    const { frames, leaks } = await spoofedLeaks(stations, uplinkMac);
    t.deepEqual(leaks, [], where);
    // The liars have confused nobody for good.
    t.deepEqual(await honestSurprises(stations, reflecting), [], `${where}, afterwards`);
    t.log(`${where}: ${stations.length} stations, ${frames} frames with an address of another's`);
  }
});

/** The inputs that a refresh would show in place of what is asked. */
const isolationOf = async ({ state }: Provided): Promise<unknown> =>
  (await lifecycle("VmInterface").read(state))?.inputs.isolation;

labTest("each part of the filter is needed: without it frames pass, refresh shows it, and up mends it", async (t) => {
  const { lab } = made;
  await lab.hairpin("hv1", "eth1", true);
  await lab.hairpin("hv2", "eth1", false);
  const [pepa] = pepas;
  if (pepa === undefined) return t.fail("no pepa interface");
  const uplinkMac = (await lab.exec("hv1", ["cat", "/sys/class/net/eth1/address"])).stdout.trim();
  const nft = async (...words: string[]) => {
    const { status, stderr } = await lab.exec("hv1", ["nft", ...words]);
    t.is(status, 0, stderr);
  };
  const table = ["netdev", "pulumi-kvm-network-eth1"];
  const device = String(pepa.state.device);
  const whole = { uplink: "filtered", endpoint: "filtered" };
  const losses: readonly (readonly [string[], unknown])[] = [
    [["flush", "chain", ...table, "out"], { ...whole, uplink: "changed" }],
    [["flush", "chain", ...table, "in"], { ...whole, uplink: "changed" }],
    [["flush", "chain", ...table, `from-${device}`], { ...whole, endpoint: "changed" }],
    [["flush", "chain", ...table, `to-${device}`], { ...whole, endpoint: "changed" }],
    [["delete", "table", ...table], { uplink: "missing", endpoint: "missing" }],
  ];
  t.deepEqual(await isolationOf(pepa), whole);
  for (const [loss, shown] of losses) {
    await nft(...loss);
    const without = await spoofedLeaks(stations, uplinkMac);
    const honest = await honestSurprises(stations, ["hv1"]);
    t.true(without.leaks.length + honest.length > 0, `nothing leaks after nft ${loss.join(" ")}`);
    // The provider was not told.
    closeHosts();
    t.deepEqual(await isolationOf(pepa), shown, loss.join(" "));
    for (const each of pepas) await lifecycle("VmInterface").update(each.state, each.state);
    t.deepEqual(await isolationOf(pepa), whole);
    await untilQuiet(stations.map(({ endpoint }) => endpoint));
    t.deepEqual(await honestSurprises(stations, ["hv1"]), [], `mended after ${loss.join(" ")}`);
    t.deepEqual((await spoofedLeaks(stations, uplinkMac)).leaks, []);
    t.log(`nft ${loss.join(" ")}: ${without.leaks.length} leaks of liars, ${honest.length} of others`);
  }
});

labTest("a guest that invents more addresses than can be remembered does not get through either", async (t) => {
  const [liar, pepa] = [stations.find(({ mode }) => mode === "vepa"), stations[0]];
  if (liar === undefined || pepa === undefined) return t.fail("no stations");
  await untilQuiet([pepa.endpoint]);
  let arrived = 0;
  for (let index = 0; index < 70_000; index += 1) {
    // What waits at the receiver counts against the sender.
    if (index % 100 === 0) arrived += pepa.endpoint.take().length;
    liar.endpoint.send({ to: pepa.endpoint.mac, payload: "invented", from: invented(100_000 + index) });
  }
  arrived += (await untilQuiet([pepa.endpoint])).get(pepa.endpoint)?.length ?? 0;
  t.is(arrived, 0);
});
