// Two VMs on one NIC: to each a VF, a part of the NIC with an address of its
// own, which the guest drives by itself. The NIC's own switch joins them.
import { readFileSync } from "node:fs";
import * as kvm from "pulumi-kvm-network";

const connection = JSON.parse(readFileSync("machine.json", "utf8"));
const host = await kvm.getHost(connection);
const uplink = new kvm.Uplink("nic", { host, nic: "enp1s0", numVfs: 3 });
const bridge = new kvm.HostBridge("own", { uplink, type: "embedded" });

// The replica leaves the NIC to others, and may take over an address (trust).
const vf = new kvm.SriovVirtualFunction("vf-db-2", {
  uplink,
  index: 2,
  vlan: 10,
  trust: true,
  maxTxRateMbps: 100,
});

const interfaces = [
  new kvm.VmInterface("db-1", { bridge, domain: "db-1", vlan: 10, needs: ["hardware-path"] }),
  new kvm.VmInterface("db-2", { vf, domain: "db-2", needs: ["hardware-path"] }),
];
const fleet = new kvm.Reachability("fleet", { interfaces, hosts: false });
export const { matrix } = fleet;
