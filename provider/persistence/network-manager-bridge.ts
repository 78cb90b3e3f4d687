import { createHash } from "node:crypto";
import { ourProfiles } from "../schema/network-manager.ts";
import { ini, type Section } from "./ini.ts";
import type { KeptFile } from "./kept-file.ts";
import type { Lasting } from "./lasting.ts";
import { highestPriority } from "./profile-owner.ts";

/* A bridge with the host's own addresses, as profiles of NetworkManager's: nm-settings-keyfile(5). */

type LastingBridge = Extract<Lasting, { what: "bridge" }>;

const folder = "NetworkManager/system-connections";
const pathOf = (root: "/etc" | "/run", link: string) => `${root}/${folder}/pulumi-kvm-network-${link}.nmconnection`;

/** Of the profile that a link has from us: always the same, so that one that is kept takes the place of one that was staged. */
export const profileOf = (link: string): string => {
  const digits = createHash("sha256").update(link).digest("hex");
  return `${ourProfiles}${digits.slice(0, 3)}-8${digits.slice(3, 6)}-${digits.slice(6, 18)}`;
};

const about = (link: string, type: "bridge" | "ethernet"): Section["1"] => [
  ["id", `pulumi-kvm-network-${link}`],
  ["uuid", profileOf(link)],
  ["type", type],
  ["interface-name", link],
  ["autoconnect-priority", highestPriority],
];

/** Begun by itself it is there before its port has a carrier. */
const bridgeText = (lasting: LastingBridge, autoconnect: boolean): string => {
  const { name, mac, mtu, settings, vlans, owners } = lasting;
  const { stp, forwardDelaySeconds, helloTimeSeconds, maxAgeSeconds, ageingSeconds, priority, multicastSnooping } =
    settings;
  const ours = ini(
    ["connection", [...about(name, "bridge"), ["autoconnect", `${autoconnect}`], ["autoconnect-retries", 0]]],
    [
      "bridge",
      [
        ["stp", `${stp}`],
        ["forward-delay", forwardDelaySeconds],
        ["hello-time", helloTimeSeconds],
        ["max-age", maxAgeSeconds],
        ["ageing-time", ageingSeconds],
        ["priority", priority],
        ["multicast-snooping", `${multicastSnooping}`],
        ["vlan-filtering", `${vlans !== undefined}`],
        ["vlan-default-pvid", vlans?.defaultPvid],
      ],
    ],
    [
      "ethernet",
      [
        ["cloned-mac-address", mac],
        ["mtu", mtu],
      ],
    ],
  );
  return `${ours}\n${owners?.bridge.join("\n")}\n`;
};

const vlansText = ({ pvid, tagged }: NonNullable<LastingBridge["vlans"]>): string =>
  [...(pvid === 0 ? [] : [`${pvid} pvid untagged`]), ...tagged].join(", ");

const portText = ({ name, nic, port, vlans, owners }: LastingBridge): string =>
  ini(
    [
      "connection",
      [
        ...about(nic, "ethernet"),
        ["master", profileOf(name)],
        ["slave-type", "bridge"],
        ...(owners?.nic.connection ?? []),
      ],
    ],
    ["user", [["pulumi-kvm-network.owner", owners?.profile]]],
    ["ethernet", owners?.nic.ethernet ?? []],
    ["ethtool", owners?.nic.ethtool ?? []],
    [
      "bridge-port",
      [
        ["hairpin-mode", `${port.hairpin}`],
        ["vlans", vlans && vlansText(vlans)],
      ],
    ],
  );

/** The bridge, which is not begun by itself, and the port that brings it with it; until a reboot. */
export const stagedProfiles = (lasting: LastingBridge): KeptFile[] => [
  { path: pathOf("/run", lasting.name), text: bridgeText(lasting, false) },
  { path: pathOf("/run", lasting.nic), text: portText(lasting) },
];

/** The port decides: before it the bridge would stand beside the NIC with the same addresses. */
export const keptProfiles = (lasting: LastingBridge): KeptFile[] => {
  const bridge = pathOf("/etc", lasting.name);
  return [
    { path: bridge, text: bridgeText(lasting, false) },
    { path: pathOf("/etc", lasting.nic), text: portText(lasting) },
    { path: bridge, text: bridgeText(lasting, true) },
  ];
};

/** Every file of such a bridge, kept and staged; the port's first. */
export const profilePaths = (bridge: string, nic: string): string[] =>
  [nic, bridge].flatMap((link) => [pathOf("/etc", link), pathOf("/run", link)]);

/** Whose profile the NIC had, as its port's tells. */
export const ownersProfileIn = (port: string): string | undefined =>
  /^pulumi-kvm-network\.owner=(.+)$/m.exec(port)?.[1];
