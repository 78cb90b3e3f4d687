import type { LinuxBridgeSettings } from "../schema/linux-bridge-settings.ts";
import type { VlanList } from "../schema/vlan.ts";

/** What outlasts a reboot, as data: each network manager says it in words of its own, or can't. */
export type Lasting =
  /** A NIC of the host's owner. */
  | {
      readonly what: "nic";
      readonly nic: string;
      readonly mtu?: number | undefined;
      readonly numVfs?: number | undefined;
    }
  /** A Linux bridge, with the NIC as its port. */
  | {
      readonly what: "bridge";
      readonly name: string;
      readonly nic: string;
      readonly mac: string;
      readonly mtu: number;
      readonly settings: LinuxBridgeSettings;
      readonly port: { readonly hairpin: boolean; readonly isolated: boolean };
      /** Of a bridge that filters VLANs. */
      readonly vlans?: { readonly defaultPvid: number; readonly pvid: number; readonly tagged: VlanList } | undefined;
      /** The host's own addresses are on it: what its network manager is to say of the bridge, and of the NIC. */
      readonly owners?:
        | {
            readonly bridge: readonly string[];
            readonly nic: Readonly<Partial<Record<string, readonly string[]>>>;
            /** The NIC's own profile, where that manager has such. */
            readonly profile?: string | undefined;
          }
        | undefined;
    }
  /** What the PF says of a VF; what is left out is left alone. */
  | {
      readonly what: "vf";
      readonly nic: string;
      readonly index: number;
      readonly mac?: string | undefined;
      readonly vlan?: number | undefined;
      readonly qos?: number | undefined;
      readonly vlanProtocol?: string | undefined;
      readonly spoofCheck?: boolean | undefined;
      readonly trust?: boolean | undefined;
      readonly linkState?: "auto" | "enable" | "disable" | undefined;
    }
  /** A link that is ours or libvirt's for us: nobody else is to configure it. `of`: the one that it is for, where several share it. */
  | { readonly what: "endpoint"; readonly name: string; readonly of?: string | undefined };
