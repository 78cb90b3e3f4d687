/* Where the symbolic links of a device lead. */

export function lastPart(path: string | undefined): string | null {
  return path?.split("/").at(-1) || null;
}

/** The number that a path ends with: that of an IOMMU group. */
export function numberOf(path: string | undefined): number | null {
  const last = lastPart(path);
  return last !== null && /^\d+$/.test(last) ? Number(last) : null;
}

/** The last PCI function on the way to the device: a virtio NIC is a child of it. */
export function pciAddress(path: string | undefined): string | null {
  return path?.split("/").findLast((part) => /^[0-9a-f]{4,}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/.test(part)) ?? null;
}
