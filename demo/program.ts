// Seven VMs on two hypervisors: eth1 carries VEPA, VEB and PEPA side by side,
// eth2 a Linux bridge.
import { readFileSync } from "node:fs";
import { getHost, HostBridge, Uplink, VmInterface } from "pulumi-kvm-network";

const vms = [
  { name: "web-1", on: "hv1", bridge: "fabric", mode: "vepa" },
  { name: "app-1", on: "hv1", bridge: "fabric", mode: "veb" },
  { name: "app-2", on: "hv1", bridge: "fabric", mode: "veb" },
  // It builds whatever it is sent, so it is kept from its neighbours.
  { name: "ci-1", on: "hv1", bridge: "fabric", mode: "pepa" },
  { name: "web-2", on: "hv2", bridge: "fabric", mode: "vepa" },
  { name: "db-1", on: "hv1", bridge: "lan", mode: "veb" },
  { name: "db-2", on: "hv2", bridge: "lan", mode: "veb" },
] as const;

const connections = JSON.parse(readFileSync("hypervisors.json", "utf8"));
for (const hv of ["hv1", "hv2"]) {
  const host = await getHost(connections[hv]);
  const eth1 = new Uplink(`${hv}-eth1`, { host, nic: "eth1" });
  const eth2 = new Uplink(`${hv}-eth2`, { host, nic: "eth2" });
  const bridges = {
    fabric: new HostBridge(`${hv}-fabric`, { uplink: eth1, type: "ethernet" }),
    lan: new HostBridge(`${hv}-lan`, { uplink: eth2, type: "hypervisor" }),
  };
  for (const { name, bridge, mode } of vms.filter(({ on }) => on === hv))
    new VmInterface(name, { bridge: bridges[bridge], domain: name, mode });
}
