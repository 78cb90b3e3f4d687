import { addBridgePort, addMacvtap, type Endpoint, openMacvtap } from "../lab/endpoint.ts";
import { openHost } from "../lab/host-endpoint.ts";
import type { Lab, LabHypervisor } from "../lab/lab.ts";
import { closeHosts } from "../provider/host/open-host.ts";
import type { Fabric, FabricUplink, Station } from "../provider/planning/index.ts";
import { type Provided, provide } from "./provide.ts";
import type { MacvtapKind, Side, Topology } from "./topology.ts";

/** A topology that stands: what the model is told of it, and where its stations send and receive. */
export interface Standing {
  readonly fabric: Fabric;
  readonly endpoints: ReadonlyMap<Station, Endpoint>;
}

export interface Built {
  /** Sets the switch's ports: as drawn, or each the other way round. */
  standing(inverted: boolean): Promise<Standing>;
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
  readonly undo: (() => Promise<unknown>)[];
}

const standMacvtaps = async (
  { lab, hypervisor, nic }: Place,
  modes: readonly MacvtapKind[],
  uplink: Provided,
  stood: Stood,
): Promise<void> => {
  const fabric = await provide(hypervisor, "HostBridge", `${nic}-fabric`, { uplink: uplink.ref, type: "ethernet" });
  stood.undo.unshift(fabric.remove);
  const made = await Promise.all(
    modes.map((mode, index) =>
      mode === "pepa"
        ? provide(hypervisor, "VmInterface", `${nic}-${index}`, { bridge: fabric.ref, mode })
        : provide(hypervisor, "MacvtapEndpoint", `${nic}-${index}`, { uplink: uplink.ref, mode }),
    ),
  );
  stood.undo.unshift(() => Promise.all(made.map(({ remove }) => remove())));
  for (const [index, mode] of modes.entries()) {
    const name = `${nic}-${index}`;
    const endpoint = await openMacvtap(lab, hypervisor.name, String(made[index]?.state.device));
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

/** The host's own stack, on its uplink or on its bridge. */
const standHost = async ({ lab, hypervisor }: Place, on: string, stood: Stood): Promise<void> => {
  const endpoint = await openHost(lab, hypervisor.name, on);
  const name = `${hypervisor.name}/${on} host`;
  stood.stations.push([{ name, host: hypervisor.name, mac: endpoint.mac, attachment: { kind: "host", on } }, endpoint]);
};

const standPassthrough = async ({ lab, hypervisor, nic }: Place, stood: Stood): Promise<void> => {
  const link = `${nic}-all`;
  const endpoint = await addMacvtap(lab, hypervisor.name, { link, uplink: nic, mode: "passthru" });
  await lab.exec(hypervisor.name, ["ip", "link", "set", "dev", link, "allmulticast", "on"]);
  const attachment = { kind: "macvtap", uplink: nic, mode: "passthrough" } as const;
  const name = `${hypervisor.name}/${link} passthrough`;
  stood.stations.push([{ name, host: hypervisor.name, mac: endpoint.mac, attachment }, endpoint]);
};

const stand = async (place: Place, side: Side, hairpin: boolean): Promise<Stood> => {
  const { hypervisor, nic } = place;
  const uplink = await provide(hypervisor, "Uplink", nic, { nic });
  const known = { host: hypervisor.name, nic, reflects: hairpin, segment: nic };
  const stood: Stood = { uplink: known, stations: [], undo: [uplink.remove] };
  if (side.kind === "passthrough") await standPassthrough(place, stood);
  if (side.kind === "macvtaps") {
    await standMacvtaps(place, side.modes, uplink, stood);
    await standHost(place, nic, stood);
  }
  if (side.kind !== "linux-bridge") return stood;
  // Under a switch that reflects the planner refuses its VMs: nobody told it here that it does.
  const made = await provide(hypervisor, "HostBridge", `${nic}-lan`, { uplink: uplink.ref });
  stood.undo.unshift(made.remove);
  const bridge = String(made.state.device);
  await standPorts(place, side.isolated, bridge, stood);
  await standHost(place, bridge, stood);
  return { ...stood, uplink: { ...known, bridge } };
};

/**
 * Builds a topology by the provider; what has no resource of its own (a VM's tap, its isolation, a
 * macvtap in passthrough) by hand.
 */
export const build = async (lab: Lab, { networks }: Topology): Promise<Built> => {
  const all = await Promise.all(
    networks.flatMap((network, number) =>
      (network ?? []).map(({ side, hairpin }, index) => {
        const hypervisor = lab.hypervisors[index];
        if (hypervisor === undefined) throw new Error(`the lab has no hypervisor ${index + 1}`);
        return stand({ lab, hypervisor, nic: `eth${number + 1}` }, side, hairpin);
      }),
    ),
  );
  const endpoints = new Map(all.flatMap(({ stations }) => stations));
  const stations = [...endpoints.keys()];
  return {
    standing: async (inverted) => {
      const uplinks = all.map(({ uplink }) => ({ ...uplink, reflects: uplink.reflects !== inverted }));
      await Promise.all(uplinks.map(({ host, nic, reflects }) => lab.hairpin(host, nic, reflects)));
      return { fabric: { uplinks, stations }, endpoints };
    },
    remove: async () => {
      await Promise.all([...endpoints.values()].map((endpoint) => endpoint.close()));
      // The provider did not see what was done by hand: it looks anew.
      closeHosts();
      await Promise.all(
        all.map(async ({ undo }) => {
          for (const step of undo) await step();
        }),
      );
    },
  };
};
