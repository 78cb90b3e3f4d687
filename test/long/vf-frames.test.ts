import type { ExecutionContext } from "ava";
import { addBridgePort, type Endpoint } from "../../lab/endpoint.ts";
import {
  type Attachment,
  type Fabric,
  type FabricUplink,
  fabricOf,
  hostItself,
  type PlannedInterface,
  reachability,
  type Station,
} from "../../provider/planning/index.ts";
import type { HostBridgeRef } from "../../provider/schema/ref.ts";
import type { Vlan } from "../../provider/schema/vlan.ts";
import { type Machine, machineTests, uplink } from "../machines/machine.ts";
import { compare, type Seats } from "./vf-frames-exchange.ts";
import { addPort, makeVfStations, untilSteady, type VfLink } from "./vf-frames-links.ts";
import { type Seat as LinkSeat, seat } from "./vf-frames-stations.ts";

const machineTest = machineTests("vf-frames");

/** What is stated of igb, as by `assume: { vfCapabilities }`: test/machines/sriov.test.ts shows it. */
const uplinkRef = {
  kind: "Uplink",
  host: "m1",
  nic: uplink,
  reflectiveRelay: "absent",
  numVfs: 7,
  vfCapabilities: ["host-to-vm", "multicast"],
} as const satisfies HostBridgeRef["uplink"];

const vfs = [{}, {}, { vlan: 10 }, { vlan: 10 }, { vlan: 20 }, { macvtap: true }, { vlan: 20, macvtap: true }] as const;

const on = (type: HostBridgeRef["type"], more: Partial<HostBridgeRef> = {}): HostBridgeRef => ({
  kind: "HostBridge",
  host: "m1",
  type,
  uplink: uplinkRef,
  mode: "all",
  ...more,
});

const plannedVfs = (links: readonly VfLink[]): PlannedInterface[] =>
  links.map(({ netns, mac }, index) => {
    const { vlan, macvtap = false }: { vlan?: number; macvtap?: boolean } = vfs[index] ?? {};
    const realization = { kind: macvtap ? "vf-passthrough" : "vf-veb", source: uplink };
    return { name: netns, host: "m1", mac, realization, bridge: on("embedded"), vlan };
  });

const switchVlans = [undefined, 10, 20] as const;

/** Neighbours at the adjacent switch, one that sends untagged frames, and two that send tagged ones. */
const neighbours: Fabric = {
  uplinks: switchVlans.map((vlan) => ({ host: "switch", nic: `near${vlan ?? ""}`, segment: "lan", reflects: false })),
  stations: switchVlans.map((vlan, index) => ({
    name: `neighbour${vlan ?? ""}`,
    host: "switch",
    mac: `52:54:00:00:03:0${index}`,
    attachment: { kind: "host", on: `near${vlan ?? ""}`, ...(vlan !== undefined && { vlan }) },
  })),
};

let links: Promise<VfLink[]> | undefined;
let cables: Promise<Endpoint[]> | undefined;

const started = async (machine: Machine) => {
  links ??= makeVfStations(machine, vfs);
  cables ??= Promise.all(
    neighbours.stations.map(({ mac }, index) =>
      addBridgePort(machine.lab, "switch", { port: `near${switchVlans[index] ?? ""}`, bridge: "sw1", mac }),
    ),
  );
  return { links: await links, cables: await cables };
};

interface Seating {
  readonly planned: readonly PlannedInterface[];
  /** By the names of stations. */
  readonly seats: Readonly<Record<string, readonly LinkSeat[]>>;
  /** Stations of the machine that are no interface of a VM. */
  readonly more?: readonly (Pick<Station, "name"> & { readonly attachment: Attachment })[];
}

/** All that is planned, with neighbours, held against frames: with the switch reflecting, and not. */
const holdAgainstFrames = async (t: ExecutionContext, machine: Machine, seating: Seating): Promise<void> => {
  const { links: vfLinks, cables: ends } = await started(machine);
  await untilSteady(machine, vfLinks);
  const { planned, seats, more = [] } = seating;
  const { fabric } = fabricOf([...plannedVfs(vfLinks), ...planned], () => "lan", { hosts: true });
  const places = { ...Object.fromEntries(vfLinks.map(({ netns, link }) => [netns, [{ netns, link }]])), ...seats };
  const flat = Object.entries(places).flatMap(([name, list]) => list.map((each) => ({ name, ...each })));
  const { endpoints, close } = await seat(machine, flat);
  const endpointsOf = (name: string) => endpoints.filter((_, index) => flat[index]?.name === name);
  const macOf = (name: string) => endpointsOf(name)[0]?.mac ?? "";
  const stations: Station[] = [
    ...[...fabric.stations, ...more.map((each) => ({ host: "m1", mac: "", ...each }))].map((station) => ({
      ...station,
      mac: macOf(station.name),
    })),
    ...neighbours.stations,
  ];
  const seated: Seats = new Map(
    stations.map((station) => {
      const number = neighbours.stations.indexOf(station);
      const cable = ends[number];
      return cable === undefined
        ? [station, endpointsOf(station.name).map((endpoint) => ({ endpoint }))]
        : [station, [{ endpoint: cable, cable: { vlan: switchVlans[number] } }]];
    }),
  );
  for (const reflects of [false, true]) {
    await machine.lab.hairpin("m1", uplink, reflects);
    const uplinks: FabricUplink[] = [
      ...fabric.uplinks.map((each) => ({ ...each, reflects, returns: true })),
      ...neighbours.uplinks,
    ];
    const { frames, unknown, disagreements } = await compare(seated, reachability({ uplinks, stations }));
    t.log(`${stations.length} stations, ${frames} frames, ${unknown} of them unknown, switch reflects: ${reflects}`);
    t.deepEqual(disagreements, [], `the switch reflects: ${reflects}`);
  }
  await machine.lab.hairpin("m1", uplink, false);
  await close();
};

machineTest("VFs with and without VLANs, the host, macvtaps beside them and neighbours", async (t, machine) => {
  t.timeout(5 * 60_000);
  await started(machine);
  const macvtaps = [
    { name: "bridge0", link: uplink, mode: "bridge" },
    { name: "bridge1", link: uplink, mode: "bridge" },
    { name: "vepa0", link: uplink, mode: "vepa" },
    { name: "vepa1", link: uplink, mode: "vepa" },
    { name: "tagged0", link: `${uplink}.10`, mode: "bridge", vlan: 10 },
    { name: "tagged1", link: `${uplink}.10`, mode: "bridge", vlan: 10 },
    { name: "tagged2", link: `${uplink}.20`, mode: "vepa", vlan: 20 },
  ] as const;
  const linkOf = (vlan: number) => `ip link add link ${uplink} name ${uplink}.${vlan} type vlan id ${vlan}
    ip link set dev ${uplink}.${vlan} up`;
  await machine.sh(
    [
      ...[10, 20].map(linkOf),
      ...macvtaps.map(
        ({ name, link, mode }, index) => `
        ip link add link ${link} name ${name} address 52:54:00:00:02:0${index} type macvtap mode ${mode}
        ip link set dev ${name} allmulticast on up`,
      ),
    ].join("\n"),
  );
  const inVlan = "host in VLAN 10";
  await holdAgainstFrames(t, machine, {
    planned: macvtaps.map(({ name, link, mode, ...more }) => ({
      name,
      host: "m1",
      mac: "",
      realization: { kind: `macvtap-${mode}`, source: link },
      bridge: on("ethernet"),
      ...more,
    })),
    seats: {
      [hostItself("m1", uplink)]: [{ link: uplink }],
      [inVlan]: [{ link: `${uplink}.10` }],
      ...Object.fromEntries(macvtaps.map(({ name }) => [name, [{ link: name }]])),
    },
    more: [{ name: inVlan, attachment: { kind: "host", on: uplink, vlan: 10 } }],
  });
  await machine.sh(`ip link del dev ${uplink}.10; ip link del dev ${uplink}.20`);
  for (const { name, link } of macvtaps) if (link === uplink) await machine.sh(`ip link del dev ${name}`);
});

interface Port {
  readonly vlan?: Vlan;
  /** The VLAN that the station has a link for. */
  readonly tagged?: number;
  /** What `bridge vlan` is told. */
  readonly vlans: readonly string[];
}

/** What stands on a bridge. */
const ports: Readonly<Record<string, Port>> = {
  open0: { vlans: [] },
  open1: { vlans: [] },
  access10a: { vlan: 10, vlans: ["del dev access10a vid 1", "add dev access10a vid 10 pvid untagged"] },
  access10b: { vlan: 10, vlans: ["del dev access10b vid 1", "add dev access10b vid 10 pvid untagged"] },
  access20: { vlan: 20, vlans: ["del dev access20 vid 1", "add dev access20 vid 20 pvid untagged"] },
  trunk: {
    vlan: { native: 10, tagged: [20] },
    tagged: 20,
    vlans: ["del dev trunk vid 1", "add dev trunk vid 10 pvid untagged", "add dev trunk vid 20"],
  },
};

/** A bridge on the uplink, with some of these ports. */
const onBridge = async (
  t: ExecutionContext,
  machine: Machine,
  names: readonly string[],
  vlans: HostBridgeRef["vlans"],
  uplinkVlans: readonly string[],
): Promise<void> => {
  t.timeout(5 * 60_000);
  await started(machine);
  const filtering = vlans === undefined ? 0 : 1;
  await machine.sh(`
    ip link add name br0 address "$(cat /sys/class/net/${uplink}/address)" type bridge vlan_filtering ${filtering} mcast_snooping 0
    ip link set dev ${uplink} master br0
    ip link set dev br0 up
    ${uplinkVlans.map((each) => `bridge vlan ${each}`).join("\n")}`);
  for (const [index, name] of names.entries())
    await addPort(machine, { name, bridge: "br0", mac: `52:54:00:00:04:0${index}`, vlans: [], ...ports[name] });
  const bridge = on("hypervisor", { device: "br0", ...(vlans && { vlans }) });
  await holdAgainstFrames(t, machine, {
    planned: names.map((name) => {
      const realization = { kind: "linux-bridge", source: "br0" };
      return { name, host: "m1", mac: "", realization, bridge, vlan: ports[name]?.vlan };
    }),
    seats: {
      [hostItself("m1", uplink)]: [{ link: "br0" }],
      ...Object.fromEntries(
        names.map((name) => {
          const tagged = ports[name]?.tagged;
          const own = { netns: name, link: "eth0" };
          return [name, tagged === undefined ? [own] : [own, { netns: name, link: `eth0.${tagged}` }]];
        }),
      ),
    },
  });
  await machine.sh(
    `${names.map((name) => `ip link del dev ${name}; ip netns del ${name}`).join("; ")}; ip link del dev br0`,
  );
};

machineTest("VFs beside a Linux bridge that does not filter VLANs", async (t, machine) => {
  await onBridge(t, machine, ["open0", "open1"], undefined, []);
});

const everyPort = ["open0", "access10a", "access10b", "access20", "trunk"] as const;

machineTest("VFs beside a Linux bridge that filters VLANs, whose uplink has them tagged", async (t, machine) => {
  await onBridge(t, machine, everyPort, { defaultPvid: 1, uplinkPvid: 1, uplinkTagged: [10, 20] }, [
    `add dev ${uplink} vid 10`,
    `add dev ${uplink} vid 20`,
  ]);
});

machineTest("VFs beside a Linux bridge whose uplink has one of its VLANs untagged", async (t, machine) => {
  await onBridge(t, machine, everyPort, { defaultPvid: 1, uplinkPvid: 10, uplinkTagged: [20] }, [
    `del dev ${uplink} vid 1`,
    `add dev ${uplink} vid 10 pvid untagged`,
    `add dev ${uplink} vid 20`,
  ]);
});
