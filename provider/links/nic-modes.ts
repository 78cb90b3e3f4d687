import type { Step, StepResult } from "../host/host.ts";
import { type EmbeddedSwitchMode, type EswitchMode, embeddedSwitchModes, eswitchModes } from "../schema/mode.ts";

/** What a NIC does with its VFs' frames, beyond what a link is; each is left out where the driver does not tell. */
export interface NicModes {
  readonly embeddedSwitch?: EmbeddedSwitchMode;
  readonly eswitchMode?: EswitchMode;
  readonly sourcePruning?: boolean;
}

export const nicModes = [
  "embeddedSwitch",
  "eswitchMode",
  "sourcePruning",
] as const satisfies readonly (keyof NicModes)[];

/** A NIC, and where it is on the bus; null for one that is not on PCI. */
export interface NicAddress {
  readonly name: string;
  readonly pci: string | null;
}

/** i40e's (drivers/net/ethernet/intel/i40e/i40e_ethtool.c). */
const noPruning = "disable-source-pruning";

/** Looks at one of them; fails where the driver has no such thing. */
export function lookAtNicMode({ name, pci }: NicAddress, mode: keyof NicModes): Step & { readonly mayFail: true } {
  const run = (...argv: Extract<Step, { verb: "run" }>["argv"]) => ({ verb: "run", argv, mayFail: true }) as const;
  switch (mode) {
    case "embeddedSwitch":
      return run("bridge", "-d", "-j", "link", "show", "dev", name);
    case "eswitchMode":
      return run("devlink", "-j", "dev", "eswitch", "show", `pci/${pci ?? ""}`);
    case "sourcePruning":
      return run("ethtool", "--show-priv-flags", name);
  }
}

/** What {@link lookAtNicMode} found. */
export function readNicMode(mode: keyof NicModes, found: StepResult | undefined): NicModes {
  if (found === undefined || found.status !== 0) return {};
  switch (mode) {
    case "embeddedSwitch": {
      // iproute2 bridge/link.c, print_hwmode: "VEB", "VEPA".
      const told = /"hwmode":"(\w+)"/.exec(found.stdout)?.[1]?.toLowerCase();
      const embeddedSwitch = embeddedSwitchModes.find((each) => each === told);
      return embeddedSwitch === undefined ? {} : { embeddedSwitch };
    }
    case "eswitchMode": {
      const told = /"mode":"(\w+)"/.exec(found.stdout)?.[1];
      const eswitchMode = eswitchModes.find((each) => each === told);
      return eswitchMode === undefined ? {} : { eswitchMode };
    }
    case "sourcePruning": {
      const told = new RegExp(`^${noPruning} *: *(on|off)$`, "m").exec(found.stdout)?.[1];
      return told === undefined ? {} : { sourcePruning: told === "off" };
    }
  }
}

export function setEmbeddedSwitch({ name }: NicAddress, mode: EmbeddedSwitchMode): Step {
  return { verb: "run", argv: ["bridge", "link", "set", "dev", name, "hwmode", mode] };
}

export function setEswitchMode({ pci }: NicAddress, mode: EswitchMode): Step {
  return { verb: "run", argv: ["devlink", "dev", "eswitch", "set", `pci/${pci ?? ""}`, "mode", mode] };
}

/** Resets the NIC. */
export function setSourcePruning({ name }: NicAddress, pruning: boolean): Step {
  return { verb: "run", argv: ["ethtool", "--set-priv-flags", name, noPruning, pruning ? "off" : "on"] };
}
