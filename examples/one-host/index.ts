import * as pulumi from "@pulumi/pulumi";
import { type ConnectionArgs, getHost, HostBridge, Uplink, VmInterface } from "pulumi-kvm-network";

const config = new pulumi.Config();
const hv1 = await getHost(config.requireObject<ConnectionArgs>("hypervisor"));

const uplink = new Uplink("eth1", { host: hv1, nic: "eth1" });
const fabric = new HostBridge("fabric", { uplink, type: "ethernet" });

// What these two send to each other goes through the adjacent switch, which sees, filters and counts it.
for (const vm of ["web-1", "web-2"]) new VmInterface(vm, { bridge: fabric, domain: vm, mode: "vepa" });

// This one says what it needs, and the realization is chosen for it.
const db = new VmInterface("db-1", { bridge: fabric, domain: "db-1", needs: ["vm-to-vm"] });

export const xml = db.interfaceXml;
export const explanation = db.explanation;
