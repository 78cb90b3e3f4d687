import { z } from "zod";

/** PCIe counts VFs with 16 bits. Source: PCI Express Base Specification, SR-IOV TotalVFs. */
export const highestVfCount = 65_535;

/** What a NIC can have is its `sriov_totalvfs`. */
export const vfCountSchema = z
  .number("a number of VFs")
  .int("a number of VFs")
  .min(0, "a number of VFs")
  .max(highestVfCount, "PCIe knows at most 65535");

/** The kernel numbers the VFs of a NIC from 0. */
export const vfIndexSchema = z
  .number("the index of a VF")
  .int()
  .min(0, "VFs are numbered from 0")
  .max(highestVfCount - 1);
