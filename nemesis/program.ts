import type { LabHypervisor } from "../lab/lab.ts";

/** The resources of each hypervisor, in the order in which they are made. */
const resources = (mtu: number, mode: string, ageing: number): readonly string[] => [
  `const eth1 = next((o) => new Uplink(name + "-eth1", { host, nic: "eth1", mtu: ${mtu} }, o));`,
  `const ether = next((o) => new HostBridge(name + "-ether", { uplink: eth1, type: "ethernet" }, o));`,
  `next((o) => new MacvtapEndpoint(name + "-vtap", { uplink: eth1, mode: "vepa", name: "vtap0" }, o));`,
  `next((o) => new VmInterface(name + "-web", { bridge: ether, domain: "off-1", mode: "${mode}" }, o));`,
  `next((o) => new VmInterface(name + "-alone", { bridge: ether, domain: "off-1", mode: "pepa" }, o));`,
  `const eth2 = next((o) => new Uplink(name + "-eth2", { host, nic: "eth2" }, o));`,
  `const lan = next((o) => new HostBridge(name + "-lan", { uplink: eth2, name: "lan0", ageingSeconds: ${ageing} }, o));`,
  `next((o) => new VmInterface(name + "-db", { bridge: lan, domain: "off-1" }, o));`,
  `const mgmt = next((o) => new Uplink(name + "-mgmt", { host, nic: "mgmt", mtu: ${mtu}, rollbackSeconds: 15 }, o));`,
  `next((o) => new HostBridge(name + "-br", { uplink: mgmt, name: "br0", moveAddresses: true, rollbackSeconds: 15 }, o));`,
];

/** How the stack is made, and how it is changed. */
const phases = { first: resources(1450, "vepa", 300), second: resources(1400, "veb", 200) };
type Phase = keyof typeof phases;

/** What the stack has of each hypervisor: one behind the other, so that its steps come in the same order every time. */
export const program = (phase: Phase): string => `
import { readFileSync } from "node:fs";
import { getHost, HostBridge, MacvtapEndpoint, Uplink, VmInterface } from "pulumi-kvm-network";
const hosts = JSON.parse(readFileSync("hosts.json", "utf8"));
for (const { name, connection } of hosts) {
  const host = await getHost(connection);
  let last = [];
  const next = (make) => { last = [make({ dependsOn: last })]; return last[0]; };
  ${phases[phase].join("\n  ")}
}
`;

/** What a second stack has of one of them. */
export const rivalProgram = `
import { readFileSync } from "node:fs";
import { getHost, HostBridge, Uplink } from "pulumi-kvm-network";
const [{ connection }] = JSON.parse(readFileSync("hosts.json", "utf8"));
const host = await getHost(connection);
const uplink = new Uplink("eth3", { host, nic: "eth3", mtu: 1300 });
new HostBridge("lan", { uplink, name: "rival0" });
`;

export const hostsFile = (hosts: readonly LabHypervisor[]): string =>
  JSON.stringify(hosts.map(({ name, connection }) => ({ name, connection })));
