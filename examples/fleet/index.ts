import * as pulumi from "@pulumi/pulumi";
import { type ConnectionArgs, getHost, HostBridge, Uplink, VmInterface } from "pulumi-kvm-network";
import { fleet } from "./fleet.ts";

const connections = new pulumi.Config().requireObject<Record<string, ConnectionArgs>>("hypervisors");

const connectionOf = (name: string): ConnectionArgs => {
  const connection = connections[name];
  if (connection === undefined) throw new Error(`the configuration has no connection for ${name}: hypervisors.${name}`);
  return connection;
};

// All hosts are asked at once, before the first resource.
const hypervisors = await Promise.all(
  fleet.map(async (hypervisor) => ({ ...hypervisor, host: await getHost(connectionOf(hypervisor.name)) })),
);

const addresses: Record<string, pulumi.Output<string>> = {};
for (const { name, host, uplink: nic, bridge: type, vms } of hypervisors) {
  const uplink = new Uplink(`${name}-${nic}`, { host, nic });
  const bridge = new HostBridge(`${name}-fabric`, { uplink, type });
  for (const { domain, ...wanted } of vms) {
    addresses[domain] = new VmInterface(domain, { bridge, domain, ...wanted }).mac;
  }
}

/** The MAC address of each VM's NIC. */
export const macs = addresses;
