import * as pulumi from "@pulumi/pulumi";
import { type ConnectionArgs, getHost, HostBridge, VmInterface } from "pulumi-kvm-network";

const config = new pulumi.Config();
const host = await getHost(config.requireObject<ConnectionArgs>("hypervisor"));

// Made by somebody else (ifupdown, netplan, Proxmox VE, libvirt): nothing of it is changed, now or when this stack goes.
const lan = HostBridge.existing("lan", { host, bridge: config.get("bridge") ?? "br0" });

new VmInterface("web-1", { bridge: lan, domain: "web-1" });

// The cable of this one is pulled for maintenance, while the VM runs: pulumi config set maintenance true
const web2 = new VmInterface("web-2", {
  bridge: lan,
  domain: "web-2",
  linkState: config.getBoolean("maintenance") ? "down" : "up",
});

// Without a domain nothing is attached: the XML is for whoever defines the domain.
const planned = new VmInterface("web-4", { bridge: lan });

/** The link of web-2's NIC on the host. */
export const device = web2.device;
export const xml = planned.interfaceXml;
