import type { LinkFacts } from "../schema/facts.ts";

/** Whether a NIC has a switch of its own: with SR-IOV it can be several PCI devices, and hands frames on between them. */
export const hasEmbeddedSwitch = ({ nic }: LinkFacts): boolean => (nic?.sriov?.totalVfs ?? 0) > 0;
