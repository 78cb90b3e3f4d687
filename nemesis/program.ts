import type { LabHypervisor } from "../lab/lab.ts";

/** What the stack may have of a hypervisor, in the order in which it is made. */
const chains = {
  /** The NIC that the host is reached by, and its bridge. */
  carrier: ({ carrierMtu }: Phase) => [
    `const mgmt = next((o) => new Uplink(name + "-mgmt", { host, nic: "mgmt", mtu: ${carrierMtu}, rollbackSeconds }, o));`,
    `next((o) => new HostBridge(name + "-br", { uplink: mgmt, name: "br0", moveAddresses: true, rollbackSeconds }, o));`,
  ],
  macvtap: ({ mtu, mode }: Phase) => [
    `const eth1 = next((o) => new Uplink(name + "-eth1", { host, nic: "eth1", mtu: ${mtu} }, o));`,
    `const ether = next((o) => new HostBridge(name + "-ether", { uplink: eth1, type: "ethernet" }, o));`,
    `next((o) => new MacvtapEndpoint(name + "-vtap", { uplink: eth1, mode: "vepa", name: "vtap0" }, o));`,
    `next((o) => new VmInterface(name + "-web", { bridge: ether, domain: "off-1", mode: "${mode}" }, o));`,
    `next((o) => new VmInterface(name + "-alone", { bridge: ether, domain: "off-1", mode: "pepa" }, o));`,
  ],
  bridge: ({ ageing }: Phase) => [
    `const eth2 = next((o) => new Uplink(name + "-eth2", { host, nic: "eth2" }, o));`,
    `const lan = next((o) => new HostBridge(name + "-lan", { uplink: eth2, name: "lan0", ageingSeconds: ${ageing} }, o));`,
    `next((o) => new VmInterface(name + "-db", { bridge: lan, domain: "off-1" }, o));`,
  ],
  /** The number of VFs of a NIC that carries the host, one of them, and a domain's NIC on it: of machines. */
  vf: ({ vlan }: Phase) => [
    `const pf = next((o) => new Uplink(name + "-pf", { host, nic: "enp1s0", numVfs: 2, rollbackSeconds }, o));`,
    `const vf = next((o) => new SriovVirtualFunction(name + "-vf", { uplink: pf, index: 1, vlan: ${vlan} }, o));`,
    `next((o) => new VmInterface(name + "-db", { vf, domain: "off-1" }, o));`,
  ],
};
export type Chain = keyof typeof chains;

/** How the stack is made, and how it is changed; `firstMtu` is the host's. */
const phases = {
  first: { carrierMtu: "firstMtu", mtu: 1450, mode: "vepa", ageing: 300, vlan: 5 },
  second: { carrierMtu: "1400", mtu: 1400, mode: "veb", ageing: 200, vlan: 6 },
};
type Phase = (typeof phases)["first"];

/** Of each hypervisor one thing behind the other, so that its steps come in the same order every time. */
export const program = (phase: keyof typeof phases): string => `
import { readFileSync } from "node:fs";
import { getHost, HostBridge, MacvtapEndpoint, SriovVirtualFunction, Uplink, VmInterface } from "pulumi-kvm-network";
const hosts = JSON.parse(readFileSync("hosts.json", "utf8"));
const makers = {
${Object.entries(chains)
  .map(
    ([chain, lines]) =>
      `  ${chain}: (host, name, next, { firstMtu, rollbackSeconds }) => {\n    ${lines(phases[phase]).join("\n    ")}\n  },`,
  )
  .join("\n")}
};
for (const { name, chain, connection, ...settings } of hosts) {
  let last = [];
  const next = (make) => { last = [make({ dependsOn: last })]; return last[0]; };
  makers[chain](await getHost(connection), name, next, settings);
}
`;

/** What a second stack has of one of them. */
export const rivalProgram = `
import { readFileSync } from "node:fs";
import { getHost, HostBridge, Uplink } from "pulumi-kvm-network";
const [{ connection, spare }] = JSON.parse(readFileSync("hosts.json", "utf8"));
const host = await getHost(connection);
const uplink = new Uplink("spare", { host, nic: spare, mtu: 1300 });
new HostBridge("lan", { uplink, name: "rival0" });
`;

interface Part {
  readonly hypervisor: LabHypervisor;
  readonly kind: { readonly rollbackSeconds: number; readonly firstMtu?: number };
  readonly chain: Chain;
}

/** The last NIC is nobody's but the second stack's. */
export const hostsFile = (parts: readonly Part[]): string =>
  JSON.stringify(
    parts.map(({ hypervisor: { name, connection, uplinks, nics }, kind: { rollbackSeconds, firstMtu }, chain }) => ({
      ...{ name, connection, chain, rollbackSeconds, firstMtu },
      spare: [...uplinks, ...nics].at(-1),
    })),
  );
