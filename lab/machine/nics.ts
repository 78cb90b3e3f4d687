/**
 * The NICs that every machine has beside its uplinks, as the rules in root/etc/systemd/network name them by their PCI slots.
 * Their number is the machine's: a bond takes two.
 */
export const plainNics = ["plain1", "plain2"] as const;

/** PCI slots in hexadecimal, so high that no root port of an uplink gets there by itself. */
export const managementSlot = "10";

/**
 * The MAC of a machine's NIC: the same in each lab, whose switches never meet, as a machine that was booted in another lab keeps
 * it. `machine`: `m1`; `index` counts all its NICs.
 */
export const macOfNic = (machine: string, index: number): string =>
  ["52:54:00:6c", ...[Number(machine.slice(1)), index].map((byte) => byte.toString(16).padStart(2, "0"))].join(":");

export const plainSlots = ["11", "12"] as const;
