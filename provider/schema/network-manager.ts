import { z } from "zod";

/** Who configures a host's network when it boots. */
export const networkManagers = ["systemd-networkd", "NetworkManager", "ifupdown", "none"] as const;
export type NetworkManager = (typeof networkManagers)[number];

export const networkManagerSchema = z.enum(networkManagers, {
  error: ({ input }) => `unknown network manager ${JSON.stringify(input)}: one of ${networkManagers.join(", ")}`,
});
