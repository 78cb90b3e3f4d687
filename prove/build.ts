import { addBridgePort, type Endpoint, openMacvtap } from "../lab/endpoint.ts";
import type { Lab, LabHypervisor } from "../lab/lab.ts";
import { closeHosts } from "../provider/host/open-host.ts";
import type { Fabric, FabricUplink, Station } from "../provider/planning/index.ts";
import { type Provided, provide } from "./provide.ts";
import type { MacvtapKind, Side, Topology } from "./topology.ts";

/** What a station sends by. */
export const uplinkOf = ({ uplinks }: Fabric, { host, attachment }: Station): FabricUplink | undefined =>
  uplinks.find(
    (uplink) =>
      uplink.host === host &&
      (attachment.kind === "macvtap"
        ? attachment.uplink === uplink.nic
        : attachment.kind === "port" && attachment.bridge === uplink.bridge),
  );

/** A topology that stands: what the model is told of it, and where its stations send and receive. */
export interface Built {
  readonly fabric: Fabric;
  readonly endpoints: ReadonlyMap<Station, Endpoint>;
  remove(): Promise<void>;
}

interface Place {
  readonly lab: Lab;
  readonly hypervisor: LabHypervisor;
  readonly nic: string;
}

interface Stood {
  readonly uplink: FabricUplink;
  readonly stations: [Station, Endpoint][];
  /** The resources, the last made first. */
  readonly undo: (() => Promise<void>)[];
}

const standMacvtaps = async (
  { lab, hypervisor, nic }: Place,
  modes: readonly MacvtapKind[],
  uplink: Provided,
  stood: Stood,
): Promise<void> => {
  const fabric = await provide(hypervisor, "HostBridge", `${nic}-fabric`, { uplink: uplink.ref, type: "ethernet" });
  stood.undo.unshift(fabric.remove);
  for (const [index, mode] of modes.entries()) {
    const name = `${nic}-${index}`;
    const made =
      mode === "pepa"
        ? await provide(hypervisor, "VmInterface", name, { bridge: fabric.ref, mode })
        : await provide(hypervisor, "MacvtapEndpoint", name, { uplink: uplink.ref, mode });
    stood.undo.unshift(made.remove);
    const endpoint = await openMacvtap(lab, hypervisor.name, String(made.state.device));
    const filtered = mode === "pepa";
    const attachment = { kind: "macvtap", uplink: nic, mode: filtered ? "private" : mode, filtered } as const;
    stood.stations.push([
      { name: `${hypervisor.name}/${name} ${mode}`, host: hypervisor.name, mac: endpoint.mac, attachment },
      endpoint,
    ]);
  }
};

const standPorts = async (
  { lab, hypervisor, nic }: Place,
  isolations: readonly boolean[],
  bridge: string,
  stood: Stood,
): Promise<void> => {
  for (const [index, isolated] of isolations.entries()) {
    const port = `${nic}-${index}`;
    const endpoint = await addBridgePort(lab, hypervisor.name, { port, bridge });
    if (isolated) await lab.exec(hypervisor.name, ["bridge", "link", "set", "dev", port, "isolated", "on"]);
    const attachment = { kind: "port", bridge, isolated } as const;
    stood.stations.push([
      { name: `${hypervisor.name}/${port} port`, host: hypervisor.name, mac: endpoint.mac, attachment },
      endpoint,
    ]);
  }
};

const stand = async (place: Place, side: Side, hairpin: boolean): Promise<Stood> => {
  const { lab, hypervisor, nic } = place;
  const undo: Stood["undo"] = [];
  const known = { host: hypervisor.name, nic, reflects: hairpin, segment: nic };
  const stations: Stood["stations"] = [];
  await lab.hairpin(hypervisor.name, nic, hairpin);
  const uplink = await provide(hypervisor, "Uplink", nic, { nic });
  undo.unshift(uplink.remove);
  if (side.kind === "macvtaps") {
    const stood = { uplink: known, stations, undo };
    await standMacvtaps(place, side.modes, uplink, stood);
    return stood;
  }
  // Under a switch that reflects the planner refuses its VMs: nobody told it here that it does.
  const made = await provide(hypervisor, "HostBridge", `${nic}-lan`, { uplink: uplink.ref });
  undo.unshift(made.remove);
  const bridge = String(made.state.device);
  const stood = { uplink: { ...known, bridge }, stations, undo };
  await standPorts(place, side.isolated, bridge, stood);
  return stood;
};

/** Builds a topology by the provider; what has no resource of its own (a VM's tap, its isolation) by hand. */
export const build = async (lab: Lab, { sides }: Topology): Promise<Built> => {
  const all = await Promise.all(
    lab.hypervisors.map(async (hypervisor, index) => {
      const stood: Stood[] = [];
      for (const [number, { side, hairpin }] of (sides[index] ?? []).entries())
        stood.push(await stand({ lab, hypervisor, nic: `eth${number + 1}` }, side, hairpin));
      return stood;
    }),
  );
  const endpoints = new Map(all.flat().flatMap(({ stations }) => stations));
  return {
    fabric: { uplinks: all.flat().map(({ uplink }) => uplink), stations: [...endpoints.keys()] },
    endpoints,
    remove: async () => {
      for (const endpoint of endpoints.values()) await endpoint.close();
      // The provider did not see what was done by hand: it looks anew.
      closeHosts();
      await Promise.all(
        all.map(async (stood) => {
          for (const { undo } of stood) for (const step of undo) await step();
        }),
      );
    },
  };
};
