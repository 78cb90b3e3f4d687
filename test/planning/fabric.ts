import {
  type Attachment,
  type Fabric,
  type FabricUplink,
  type FrameKind,
  reach,
  type Station,
} from "../../provider/planning/index.ts";

export const mac = (number: number) => `02:00:00:00:00:${number.toString(16).padStart(2, "0")}`;

/** Stations of one uplink eth1 on hv1, and one of the same network on hv2. */
export const fabric = (
  attachments: Readonly<Record<string, Attachment>>,
  known: Partial<FabricUplink> = {},
): Fabric & { at(name: string): Station } => {
  const stations = Object.entries(attachments).map(([name, attachment], index) => ({
    name,
    host: name.startsWith("far") ? "hv2" : "hv1",
    mac: mac(index + 1),
    attachment,
  }));
  return {
    uplinks: [
      { host: "hv1", nic: "eth1", segment: "lan", ...known },
      { host: "hv2", nic: "eth1", segment: "lan", reflects: false },
    ],
    stations,
    at: (name) => {
      const found = stations.find((station) => station.name === name);
      if (found === undefined) throw new Error(name);
      return found;
    },
  };
};

export const macvtap = (
  mode: "bridge" | "vepa" | "private",
  more: Partial<Extract<Attachment, { kind: "macvtap" }>> = {},
) => ({ kind: "macvtap", uplink: "eth1", mode, ...more }) as const;
export const port = (isolated = false) => ({ kind: "port", bridge: "br0", isolated }) as const;

export const passes = (of: ReturnType<typeof fabric>, from: string, to: string, kind: FrameKind = "unicast") =>
  reach(of, { from: of.at(from), to: of.at(to), kind });
