import * as pulumi from "@pulumi/pulumi";
import { type ConnectionArgs, getHost, HostBridge, Uplink } from "pulumi-kvm-network";

const config = new pulumi.Config();
const host = await getHost(config.requireObject<ConnectionArgs>("hypervisor"));

const fabric = new HostBridge("fabric", {
  uplink: new Uplink("eth1", { host, nic: "eth1" }),
  type: "ethernet",
  mode: ["veb", "vepa"],
});
const lan = new HostBridge("lan", { uplink: new Uplink("eth2", { host, nic: "eth2" }) });

/** All that another stack needs to attach VMs; no credentials are in it. */
export const bridges = { fabric: fabric.ref, lan: lan.ref };
