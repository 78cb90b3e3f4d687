import { homedir } from "node:os";
import { join } from "node:path";

/** Where what took long to get is kept from run to run: $PULUMI_KVM_NETWORK_CACHE, else below the user's cache folder. */
export function cacheFolder(): string {
  const { PULUMI_KVM_NETWORK_CACHE: own, XDG_CACHE_HOME: users } = process.env;
  if (own) return own;
  return join(users || join(homedir(), ".cache"), "pulumi-kvm-network");
}

/** The guests' kernels and initramfs: this part of the cache is seen by hypervisors, read-only, as `guestCacheInside`. */
export const guestCacheFolder = (): string => join(cacheFolder(), "lab-guest");

export const guestCacheInside = "/run/lab-guest";
