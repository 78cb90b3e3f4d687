/** The VMs of demo/program.ts, and where they are: they exist before the program attaches them. */
export const vms = { hv1: ["web-1", "app-1", "app-2", "ci-1", "db-1"], hv2: ["web-2", "db-2"] };

export const vmNames: readonly string[] = Object.values(vms).flat();

/** One subnet for all: only the topology keeps two VMs apart, never routing. */
export const addressOf = (vm: string): string => `10.0.0.${vmNames.indexOf(vm) + 1}`;
