import type { BridgedInterfaceArgs } from "pulumi-kvm-network";

/** A VM: its libvirt domain, and what its NIC is asked for. */
interface Vm extends Pick<BridgedInterfaceArgs, "mode" | "needs" | "model" | "queues"> {
  readonly domain: string;
}

interface Hypervisor {
  /** Its name in the configuration, where its connection is. */
  readonly name: string;
  /** The NIC that leads to the switch. */
  readonly uplink: string;
  readonly bridge: "ethernet" | "hypervisor";
  readonly vms: readonly Vm[];
}

export const fleet: readonly Hypervisor[] = [
  {
    name: "hv1",
    uplink: "eth1",
    bridge: "ethernet",
    vms: [{ domain: "web-1", mode: "vepa" }, { domain: "db-1" }],
  },
  {
    name: "hv2",
    uplink: "eth1",
    bridge: "hypervisor",
    vms: [{ domain: "web-3" }],
  },
];
