import { z } from "zod";

/** Who configures a host's network when it boots. */
export const networkManagers = ["systemd-networkd", "NetworkManager", "ifupdown", "none"] as const;
export type NetworkManager = (typeof networkManagers)[number];

export const networkManagerSchema = z.enum(networkManagers, {
  error: ({ input }) => `unknown network manager ${JSON.stringify(input)}: one of ${networkManagers.join(", ")}`,
});

/**
 * systemd-networkd's file of ours for a link that the host's own addresses are on, or a NIC that they have left. Before all others, since
 * the first file that matches a link is the only one; and one file, which comes and goes by one rename.
 */
export const hostNetworkFile = (link: string): string => `04-pulumi-kvm-network-${link}.network`;

/** Who gives a NIC its addresses, and gives them to the bridge that takes its place. */
export const addressManagers = ["systemd-networkd", "NetworkManager", "ifupdown"] as const;
export type AddressManager = (typeof addressManagers)[number];

/** How logical interfaces of ours begin, as which ifupdown has the port of a bridge up (interfaces(5)). */
export const ourLogical = "pulumi-kvm-network-";

/** How UUIDs of profiles of ours begin: "kvmnet" in hexadecimal, and the version that leaves the rest to its maker (RFC 9562 5.8). */
export const ourProfiles = "6b766d6e-6574-8";
