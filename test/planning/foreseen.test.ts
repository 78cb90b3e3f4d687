import test from "ava";
import {
  type Attachment,
  type Fabric,
  type FabricUplink,
  frameKinds,
  matrixSvg,
  matrixText,
  mermaid,
  type Reach,
  reachability,
  type Station,
} from "../../provider/planning/index.ts";
import { mac } from "./fabric.ts";
import { isAsKept } from "./golden.ts";

/*
 * What is foreseen for fabrics that have one of each, word by word. That it is so is held against frames by test/frames and by
 * `npm run prove`; here no case of the model changes unnoticed.
 */

const stations = (of: Readonly<Record<string, Attachment>>): Station[] =>
  Object.entries(of).map(([name, attachment], index) => ({
    name,
    host: name.startsWith("far") ? "hv2" : "hv1",
    mac: mac(index + 1),
    attachment,
  }));

const macvtap = (
  mode: "bridge" | "vepa" | "private" | "passthrough",
  more: Partial<Extract<Attachment, { kind: "macvtap" }>> = {},
): Attachment => ({ kind: "macvtap", uplink: "eth1", mode, ...more });

const toFar: FabricUplink = { host: "hv2", nic: "eth1", segment: "lan", reflects: false };

const macvtaps: Readonly<Record<string, Attachment>> = {
  "bridge-1": macvtap("bridge"),
  "bridge-2": macvtap("bridge", { allMulticast: false }),
  "vepa-1": macvtap("vepa"),
  "vepa-2": macvtap("vepa", { allMulticast: false }),
  "private-1": macvtap("private"),
  "private-2": macvtap("private"),
  "pepa-1": macvtap("private", { filtered: true }),
  "bridge-v7": macvtap("bridge", { vlan: 7 }),
  "vepa-v7": macvtap("vepa", { vlan: 7 }),
  host: { kind: "host", on: "eth1" },
  "host-v7": { kind: "host", on: "eth1", vlan: 7 },
  far: macvtap("vepa"),
  "far-v7": macvtap("bridge", { vlan: 7 }),
};

const port = (more: Partial<Extract<Attachment, { kind: "port" }>> = {}): Attachment => ({
  kind: "port",
  bridge: "br0",
  ...more,
});

const ports: Readonly<Record<string, Attachment>> = {
  "port-1": port(),
  "port-2": port(),
  "isolated-1": port({ isolated: true }),
  "isolated-2": port({ isolated: true }),
  host: { kind: "host", on: "br0" },
  far: macvtap("vepa"),
};

const vlanPorts: Readonly<Record<string, Attachment>> = {
  plain: port(),
  "access-7": port({ vlan: 7 }),
  "access-8": port({ vlan: 8 }),
  trunk: port({ vlan: { native: 1, tagged: [7, "20-29"] } }),
  "tagged-only": port({ vlan: { tagged: [8, 25] } }),
  host: { kind: "host", on: "br0" },
  "host-7": { kind: "host", on: "br0", vlan: 7 },
  far: macvtap("vepa"),
  "far-7": macvtap("bridge", { vlan: 7 }),
};

const vfs: Readonly<Record<string, Attachment>> = {
  "vf-1": { kind: "vf", uplink: "eth1" },
  "vf-2": { kind: "vf", uplink: "eth1", macvtap: true },
  "vf-v7": { kind: "vf", uplink: "eth1", vlan: 7 },
  "vf-v7-too": { kind: "vf", uplink: "eth1", vlan: 7 },
  vepa: macvtap("vepa"),
  "bridge-v7": macvtap("bridge", { vlan: 7 }),
  host: { kind: "host", on: "eth1" },
  far: macvtap("vepa"),
};

const uplink = (more: Partial<FabricUplink>): FabricUplink => ({ host: "hv1", nic: "eth1", segment: "lan", ...more });
const filtering = { defaultPvid: 1, uplinkPvid: 1, uplinkTagged: ["2-100"] };

const fabrics: Readonly<Record<string, Fabric>> = {
  "macvtaps-reflecting": { uplinks: [uplink({ reflects: true }), toFar], stations: stations(macvtaps) },
  "macvtaps-not-reflecting": { uplinks: [uplink({ reflects: false }), toFar], stations: stations(macvtaps) },
  "macvtaps-unknown": { uplinks: [uplink({}), { host: "hv2", nic: "eth1" }], stations: stations(macvtaps) },
  passthrough: {
    uplinks: [uplink({ reflects: true }), toFar],
    stations: stations({ alone: macvtap("passthrough"), host: { kind: "host", on: "eth1" }, far: macvtap("vepa") }),
  },
  ports: { uplinks: [uplink({ bridge: "br0", reflects: false }), toFar], stations: stations(ports) },
  "ports-reflecting": { uplinks: [uplink({ bridge: "br0", reflects: true }), toFar], stations: stations(ports) },
  "ports-vlans": {
    uplinks: [uplink({ bridge: "br0", reflects: false, vlans: filtering }), toFar],
    stations: stations(vlanPorts),
  },
  "ports-vlans-unknown": {
    uplinks: [uplink({ bridge: "br0", reflects: false }), toFar],
    stations: stations(vlanPorts),
  },
  "vfs-veb": { uplinks: [uplink({ embedded: "veb", reflects: false }), toFar], stations: stations(vfs) },
  "vfs-vepa": { uplinks: [uplink({ embedded: "vepa", reflects: true }), toFar], stations: stations(vfs) },
  "vfs-stated": {
    uplinks: [
      uplink({ embedded: "veb", reflects: true, returns: true, vfCapabilities: ["host-to-vm", "multicast"] }),
      toFar,
    ],
    stations: stations(vfs),
  },
  "other-network": {
    uplinks: [uplink({ reflects: true }), { ...toFar, segment: "other" }],
    stations: stations({ near: macvtap("vepa"), far: macvtap("vepa") }),
  },
};

const told = ({ passes, by, because }: Reach): string =>
  `${passes}${by.length === 0 ? "" : ` by ${by.join(", ")}`}${because === "" ? "" : `: ${because}`}`;

for (const [name, fabric] of Object.entries(fabrics)) {
  test(`${name}: each pair is foreseen as it was, and why`, (t) => {
    const lines = reachability(fabric).flatMap(({ from, to, reach }) =>
      frameKinds.map((kind) => `${from} > ${to} ${kind}: ${told(reach[kind])}`),
    );
    isAsKept(t, name, `${lines.join("\n")}\n`);
  });
}

test("pictures of them are as they were", (t) => {
  const pictures = ["ports-vlans", "vfs-stated", "other-network"].flatMap((name) => {
    const fabric = fabrics[name];
    if (fabric === undefined) throw new Error(name);
    const pairs = reachability(fabric);
    return [name, matrixText(pairs), mermaid(fabric), matrixSvg(pairs)];
  });
  isAsKept(t, "pictures", pictures.join("\n"));
});
