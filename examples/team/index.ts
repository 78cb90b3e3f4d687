import * as pulumi from "@pulumi/pulumi";
import { type ConnectionArgs, getHost, type HostBridgeRef, VmInterface } from "pulumi-kvm-network";

const config = new pulumi.Config();
const host = await getHost(config.requireObject<ConnectionArgs>("hypervisor"));

interface Bridges {
  readonly fabric: HostBridgeRef;
  readonly lan: HostBridgeRef;
}
const platform = new pulumi.StackReference(config.require("platform"));
const bridges = platform.requireOutput("bridges").apply((exported: Bridges) => exported);

// A ref says which bridge of which host; how the host is reached, each stack says for itself.
new VmInterface("web-1", { host, bridge: bridges.fabric, domain: "web-1" });
new VmInterface("web-2", { host, bridge: bridges.fabric, domain: "web-2" });
new VmInterface("db-1", { host, bridge: bridges.lan, domain: "db-1" });
