/** The images have them all; whatever runs leaves `mgmt` alone and knows nothing of the other NICs. */
export const networkManagers = ["none", "systemd-networkd", "NetworkManager", "ifupdown"] as const;

export type NetworkManager = (typeof networkManagers)[number];

export interface LabOptions {
  /** One lab of a name at a time; 1–20 of `[a-z0-9-]`. */
  readonly name: string;
  /** Default 2. */
  readonly hypervisors?: number;
  /**
   * Hypervisors with a kernel of their own, m1, m2, …: QEMU machines with NICs that have SR-IOV, two that have not (plain1,
   * plain2), and with everything that Debian's libvirt and lldpad start. Half a minute each to boot where there is no KVM.
   * Default 0.
   */
  readonly machines?: number;
  /** Whether the machines' kernel uses the IOMMU. Default true. */
  readonly iommu?: boolean;
  /** What configures the machines' network at each of their boots. Default `none`. */
  readonly networkManager?: NetworkManager;
  /** Of each hypervisor: eth1, eth2, …; of a machine: enp1s0, enp2s0, … Default 2. */
  readonly uplinks?: number;
  /** libvirtd and virtlogd on every hypervisor. Default true. */
  readonly libvirt?: boolean;
  /** lldpad on every hypervisor and on the switch. It is not waited for. Default false. */
  readonly lldp?: boolean;
  /**
   * Hypervisors in namespaces are reached as an account that may do no more than the provider: the installed host script is all
   * that sudo allows it. Default: as root, unless PULUMI_KVM_NETWORK_LAB_USER is `ordinary` in the environment. Not for machines.
   */
  readonly ordinaryUser?: boolean;
  /** Stays up when this process ends, until `down`. Default false: the next lab on this machine clears it away. */
  readonly persistent?: boolean;
  /** The lab.json to remove with the lab. */
  readonly file?: string;
}
