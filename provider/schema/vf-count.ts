import { z } from "zod";

/** PCIe counts VFs with 16 bits; what a NIC can have is its `sriov_totalvfs`. Source: PCI Express Base Specification, SR-IOV TotalVFs. */
export const vfCountSchema = z
  .number("a number of VFs")
  .int("a number of VFs")
  .min(0, "a number of VFs")
  .max(65_535, "PCIe knows at most 65535");

/** The kernel numbers the VFs of a NIC from 0. */
export const vfIndexSchema = z.number("the index of a VF").int().min(0, "VFs are numbered from 0").max(65_534);
