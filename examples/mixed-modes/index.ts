import * as pulumi from "@pulumi/pulumi";
import { type ConnectionArgs, getHost, HostBridge, Uplink, VmInterface } from "pulumi-kvm-network";

const config = new pulumi.Config();
const host = await getHost(config.requireObject<ConnectionArgs>("hypervisor"));

// No protocol can prove that the switch reflects: who configured its port says so.
const uplink = new Uplink("eth1", { host, nic: "eth1", assume: { reflectiveRelay: "active" } });
const fabric = new HostBridge("fabric", { uplink, type: "ethernet", mode: ["veb", "vepa"] });

// These two talk a lot to each other: their frames stay on the host.
const web1 = new VmInterface("web-1", { bridge: fabric, domain: "web-1", mode: "veb" });
const web2 = new VmInterface("web-2", { bridge: fabric, domain: "web-2", mode: "veb" });

// All that this one sends has to be seen by the switch. No mode is named: what it needs decides.
const db1 = new VmInterface("db-1", { bridge: fabric, domain: "db-1", needs: ["vm-to-vm", "switch-visible"] });

/** How each VM's NIC is made, and which rules chose it. */
export const realizations = { "web-1": web1.realization, "web-2": web2.realization, "db-1": db1.realization };

/** Why db-1 has what it has, candidate by candidate. */
export const explanation = db1.explanation;
