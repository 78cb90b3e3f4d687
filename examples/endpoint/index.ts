import * as pulumi from "@pulumi/pulumi";
import { type ConnectionArgs, getHost, MacvtapEndpoint, Uplink } from "pulumi-kvm-network";

const config = new pulumi.Config();
const host = await getHost(config.requireObject<ConnectionArgs>("hypervisor"));

const uplink = new Uplink("eth1", { host, nic: "eth1" });
const endpoint = new MacvtapEndpoint("appliance", { uplink, mode: "bridge" });

/** What the shell on the hypervisor starts QEMU with; the device is opened by the shell, as root, and handed to QEMU. */
export const command = pulumi
  .all([endpoint.qemuArgs, endpoint.qemuRedirect])
  .apply(([args, redirect]) => `qemu-system-x86_64 "$@" ${args.join(" ")} ${redirect}`);
export const device = endpoint.device;
export const mac = endpoint.mac;
