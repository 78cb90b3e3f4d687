import { z } from "zod";

/** PCIe counts VFs with 16 bits; what a NIC can have is its `sriov_totalvfs`. Source: PCI Express Base Specification, SR-IOV TotalVFs. */
export const vfCountSchema = z
  .number("a number of VFs")
  .int("a number of VFs")
  .min(0, "a number of VFs")
  .max(65_535, "PCIe knows at most 65535");
