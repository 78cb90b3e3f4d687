import type { HostFacts, LinkFacts } from "../schema/facts.ts";
import { hostNetworkFile } from "../schema/network-manager.ts";
import { ini, type Section } from "./ini.ts";
import type { KeptFile } from "./kept-file.ts";
import type { Lasting } from "./lasting.ts";

/* What outlasts a reboot, for systemd-networkd and udev: systemd.netdev(5), systemd.network(5), systemd.link(5). */

const yesNo = (value: boolean | undefined) => (value === undefined ? undefined : value ? "yes" : "no");

const folder = "/etc/systemd/network";

/** Before anybody's own, since the first file that matches a link is the only one. */
const first = "05";
const later = "50";

const ourName = /^\d\d-pulumi-kvm-network-/;
/** What a distribution applies to each link that nobody has a file for. */
const distributionsLink = "99-default.link";

/** Nothing of the host's own on a link that is there for VMs. */
const silent: Section["1"] = [
  ["LinkLocalAddressing", "no"],
  ["IPv6AcceptRA", "no"],
  ["ConfigureWithoutCarrier", "yes"],
];

const fileOf = (path: string | undefined): string | undefined => path?.split("/").at(-1);

/** Whether nobody else's file configures the NIC: of several the first wins, and the others' words are lost. */
const isOursToConfigure = (nic: LinkFacts): boolean => {
  const file = fileOf(nic.configuredBy?.network);
  return file === undefined || ourName.test(file);
};

/** The NIC's addresses, or those that have moved from it to its bridge: a file of ours would take them from it. */
const carriesHost = ({ links }: HostFacts, nic: LinkFacts): boolean =>
  [nic, ...links.filter(({ name }) => name === nic.master)].some(({ addresses }) =>
    addresses.some((address) => !address.startsWith("fe80:")),
  );

const hasNoFileOfItsOwn = (nic: LinkFacts): boolean => {
  const file = fileOf(nic.configuredBy?.link);
  return file === distributionsLink || (file !== undefined && ourName.test(file));
};

/** The file of a NIC, and what one resource adds to it: several share a NIC, and the file goes with the last of them. */
const dropIn = (kind: "network" | "link", nic: string, base: string, name: string, text: string): KeptFile[] => {
  const path = `${folder}/${first}-pulumi-kvm-network-${nic}.${kind}`;
  return [
    { path, text: base },
    { path: `${path}.d/${name}.conf`, text },
  ];
};

const ofNetwork = (nic: string, name: string, ...sections: readonly Section[]): KeptFile[] => {
  const base = ini(["Match", [["Name", nic]]], ["Link", [["RequiredForOnline", "no"]]], ["Network", silent]);
  return dropIn("network", nic, base, name, ini(...sections));
};

/** The distribution's own words for naming, since ours is the only file that is applied then: systemd.link(5). */
const ofLink = ({ name: nic, permanentMac, mac }: LinkFacts, name: string, ...sections: readonly Section[]) => {
  const naming: Section = [
    "Link",
    [
      ["NamePolicy", "keep kernel database onboard slot path"],
      ["AlternativeNamesPolicy", "database onboard slot path mac"],
      ["MACAddressPolicy", "persistent"],
    ],
  ];
  const base = ini(["Match", [["PermanentMACAddress", permanentMac ?? mac]]], naming);
  return dropIn("link", nic, base, name, ini(...sections));
};

const bridgeFiles = ({
  name,
  nic,
  mac,
  mtu,
  settings,
  port,
  vlans,
  owners,
}: Extract<Lasting, { what: "bridge" }>): KeptFile[] => {
  const { stp, forwardDelaySeconds, helloTimeSeconds, maxAgeSeconds, ageingSeconds, priority, multicastSnooping } =
    settings;
  const netdev = ini(
    [
      "NetDev",
      [
        ["Name", name],
        ["Kind", "bridge"],
        ["MACAddress", mac],
        ["MTUBytes", mtu],
      ],
    ],
    [
      "Bridge",
      [
        ["STP", yesNo(stp)],
        ["ForwardDelaySec", forwardDelaySeconds],
        ["HelloTimeSec", helloTimeSeconds],
        ["MaxAgeSec", maxAgeSeconds],
        ["AgeingTimeSec", ageingSeconds],
        ["Priority", priority],
        ["MulticastSnooping", yesNo(multicastSnooping)],
        ["VLANFiltering", vlans && "yes"],
        ["DefaultPVID", vlans && (vlans.defaultPvid === 0 ? "none" : vlans.defaultPvid)],
      ],
    ],
  );
  const network = ini(["Match", [["Name", name]]], ["Link", [["RequiredForOnline", "no"]]], ["Network", silent]);
  const untagged = vlans && vlans.pvid !== 0 ? vlans.pvid : undefined;
  const portVlans: Section[] =
    vlans === undefined
      ? []
      : [
          [
            "BridgeVLAN",
            [
              ["PVID", untagged ?? "no"],
              ["EgressUntagged", untagged],
              ["VLAN", untagged],
            ],
          ],
          ...vlans.tagged.map((vlan): Section => ["BridgeVLAN", [["VLAN", vlan]]]),
        ];
  const ofBridge = { path: `${folder}/${later}-pulumi-kvm-network-${name}.netdev`, text: netdev };
  const asPort: Section[] = [
    [
      "Bridge",
      [
        ["HairPin", yesNo(port.hairpin)],
        ["Isolated", yesNo(port.isolated)],
      ],
    ],
    ...portVlans,
  ];
  if (owners !== undefined) {
    const [ofAddresses = "", ofNic = ""] = hostNetworkPaths(name, nic);
    const addresses = `${ini(["Match", [["Name", name]]])}\n${owners.bridge.join("\n")}\n`;
    const link: Section = ["Link", [["RequiredForOnline", "no"], ...(owners.nic.Link ?? [])]];
    const inBridge: Section = ["Network", [...silent, ["Bridge", name], ...(owners.nic.Network ?? [])]];
    // The one that takes the NIC from its owner's file comes last.
    return [
      { path: ofAddresses, text: addresses },
      ofBridge,
      { path: ofNic, text: ini(["Match", [["Name", nic]]], link, inBridge, ...asPort) },
    ];
  }
  return [
    ofBridge,
    { path: `${folder}/${later}-pulumi-kvm-network-${name}.network`, text: network },
    ...ofNetwork(nic, `30-${name}`, ["Network", [["Bridge", name]]], ...asPort),
  ];
};

/** Of the host's own addresses on a bridge: the bridge's file and the NIC's. */
const hostNetworkPaths = (bridge: string, nic: string): string[] =>
  [bridge, nic].map((name) => `${folder}/${hostNetworkFile(name)}`);

/** The same until a reboot: networkd reads files of both folders, those below /etc for those of the same name below /run. */
const untilReboot = (path: string): string => path.replace(/^\/etc\//, "/run/");

/** The bridge itself, and then what it and the NIC are given. */
export const stagedBridge = (lasting: Extract<Lasting, { what: "bridge" }>) => {
  const files = bridgeFiles(lasting).map(({ path, text }) => ({ path: untilReboot(path), text }));
  return {
    netdev: files.filter(({ path }) => path.endsWith(".netdev")),
    networks: files.filter(({ path }) => !path.endsWith(".netdev")),
  };
};

/** Every file of such a bridge, the one that takes the NIC from its owner's file first, kept and staged. */
export const hostBridgeFiles = (bridge: string, nic: string) => {
  const both = (path: string) => [path, untilReboot(path)];
  return {
    networks: hostNetworkPaths(bridge, nic).toReversed().flatMap(both),
    netdevs: both(`${folder}/${later}-pulumi-kvm-network-${bridge}.netdev`),
  };
};

const linkStates = { auto: "auto", enable: "yes", disable: "no" } as const;

const vfFiles = (nic: LinkFacts, vf: Extract<Lasting, { what: "vf" }>): KeptFile[] =>
  ofLink(nic, `20-vf${vf.index}`, [
    "SR-IOV",
    [
      ["VirtualFunction", vf.index],
      ["MACAddress", vf.mac],
      ["VLANId", vf.vlan],
      ["QualityOfService", vf.vlan === undefined ? undefined : vf.qos],
      ["VLANProtocol", vf.vlan === undefined ? undefined : vf.vlanProtocol],
      ["MACSpoofCheck", yesNo(vf.spoofCheck)],
      ["Trust", yesNo(vf.trust)],
      ["LinkState", vf.linkState && linkStates[vf.linkState]],
    ],
  ]);

const unmanaged = ({ name, of }: Extract<Lasting, { what: "endpoint" }>): KeptFile => ({
  path: `${folder}/${first}-pulumi-kvm-network-${name}${of === undefined ? "" : `-${of}`}.network`,
  text: ini(["Match", [["Name", name]]], ["Link", [["Unmanaged", "yes"]]]),
});

/**
 * Files for systemd-networkd. A NIC that somebody else's file configures keeps that: what would be said of it is left to the
 * records then. Not so the port of a bridge, which carries nothing of the host's: a file that is not about the bridge would take it
 * out of there.
 */
export const networkdFiles = (lasting: Lasting, facts: HostFacts): KeptFile[] => {
  if (lasting.what === "endpoint") return [unmanaged(lasting)];
  const nic = facts.links.find(({ name }) => name === lasting.nic);
  if (nic === undefined) return [];
  switch (lasting.what) {
    case "nic": {
      const { mtu, numVfs } = lasting;
      return [
        ...(mtu !== undefined && isOursToConfigure(nic) && !carriesHost(facts, nic)
          ? ofNetwork(nic.name, "10-uplink", ["Link", [["MTUBytes", mtu]]])
          : []),
        ...(numVfs !== undefined && hasNoFileOfItsOwn(nic)
          ? ofLink(nic, "10-uplink", ["Link", [["SR-IOVVirtualFunctions", numVfs]]])
          : []),
      ];
    }
    case "bridge":
      return bridgeFiles(lasting);
    case "vf":
      return hasNoFileOfItsOwn(nic) ? vfFiles(nic, lasting) : [];
  }
};
