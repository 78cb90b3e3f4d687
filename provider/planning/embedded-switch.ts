import type { LinkFacts } from "../schema/facts.ts";

/** Whether a NIC has a switch of its own: with SR-IOV it can be several PCI devices, and hands frames on between them. */
export const hasEmbeddedSwitch = ({ nic }: LinkFacts): boolean => (nic?.sriov?.totalVfs ?? 0) > 0;

/** The host's NICs that have SR-IOV, for who chose one that has none. */
export const withEmbeddedSwitch = (links: readonly LinkFacts[]): string => {
  const able = links.filter(hasEmbeddedSwitch).map(({ name }) => name);
  return able.length > 0
    ? `${able.join(", ")} of that host ${able.length === 1 ? "has" : "have"} it`
    : "enable it in the NIC's firmware and the BIOS";
};

/** Drivers by which the NIC's switch can be put into VEPA (ndo_bridge_setlink with IFLA_BRIDGE_MODE; mlx5 in legacy mode). */
export const vepaDrivers: readonly string[] = ["ixgbe", "i40e", "ice", "mlx5_core", "bnxt_en", "be2net", "nfp"];
/** Those whose NIC's switch is in VEB and can't be put into another mode. */
export const vebOnlyDrivers: readonly string[] = ["igb"];

/** Drivers with devlink's eswitch_mode_set: the others' switch is what devlink calls legacy. */
export const eswitchDrivers: readonly string[] = ["mlx5_core", "ice", "bnxt_en", "nfp", "sfc", "octeontx2"];
/** Those that are known to have no devlink eswitch mode. */
export const legacyOnlyDrivers: readonly string[] = ["igb", "ixgbe", "i40e", "be2net", "e1000e", "virtio_net"];

/** The driver with the private flag `disable-source-pruning` (kernel drivers/net/ethernet/intel/i40e/i40e_ethtool.c). */
export const sourcePruningDriver = "i40e";
