import type { Request, Step } from "../host/host.ts";

/* A VF is a PCI device: who drives it is set where the kernel keeps PCI devices (Documentation/ABI/testing/sysfs-bus-pci). */

const device = (pci: string): string => `/sys/bus/pci/devices/${pci}`;

/** Takes a VF from its driver; fails where it has none. */
export const unbindVf = (pci: string): Step => ({ verb: "set", path: `${device(pci)}/driver/unbind`, value: pci });

/** Lets a driver take a VF that has none: the one that it is kept for, else the one that knows it. */
export const probeVf = (pci: string): Step => ({ verb: "set", path: "/sys/bus/pci/drivers_probe", value: pci });

/** Keeps a VF for a driver; null for any. */
const keepVfFor = (pci: string, driver: string | null): Step => ({
  verb: "set",
  path: `${device(pci)}/driver_override`,
  value: driver ?? "",
});

/** Hands guests' devices on; the kernel may not have loaded it yet. */
export const guestDriver = "vfio-pci";

/** A VF, by whom it is driven and for whom it is kept; null for nobody, and for anybody. */
export interface VfDriver {
  readonly pci: string;
  readonly driver: string | null;
  readonly driverOverride?: string | null | undefined;
}

/** Gives a VF to the driver that hands it to guests. */
export const giveToGuests = ({ pci, driver }: VfDriver): Step[] => [
  { verb: "run", argv: ["modprobe", guestDriver] },
  keepVfFor(pci, guestDriver),
  ...(driver === null ? [] : [unbindVf(pci)]),
  probeVf(pci),
];

/** The same when the host boots, for a VF that its own driver has taken meanwhile: nobody but that driver loses it. */
export const giveToGuestsAtBoot = (pci: string, hostDriver: string | null): Request["steps"] => [
  { verb: "run", argv: ["modprobe", guestDriver] },
  keepVfFor(pci, guestDriver),
  ...(hostDriver === null
    ? []
    : [{ verb: "set", path: `/sys/bus/pci/drivers/${hostDriver}/unbind`, value: pci, mayFail: true } as const]),
  probeVf(pci),
];

/** Gives a VF to the host's own driver, or to the one that it is kept for. */
export const giveToHost = ({ pci, driver }: VfDriver, override: string | null = null): Step[] => [
  keepVfFor(pci, override),
  ...(driver === null ? [] : [unbindVf(pci)]),
  probeVf(pci),
];
