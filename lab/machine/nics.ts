/**
 * The NICs that every machine has beside its uplinks, as the rules in root/etc/systemd/network name them by their PCI slots.
 * Their number is the machine's: a bond takes two.
 */
export const plainNics = ["plain1", "plain2"] as const;

/** PCI slots in hexadecimal, so high that no root port of an uplink gets there by itself. */
export const managementSlot = "10";

export const plainSlots = ["11", "12"] as const;
