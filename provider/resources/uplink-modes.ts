import type { Host } from "../host/host.ts";
import { lookAtNicMode, type NicModes, nicModes, readNicMode } from "../links/nic-modes.ts";
import {
  eswitchDrivers,
  hasEmbeddedSwitch,
  legacyOnlyDrivers,
  sourcePruningDriver,
  vebOnlyDrivers,
  vepaDrivers,
  withEmbeddedSwitch,
} from "../planning/index.ts";
import type { HostFacts, LinkFacts } from "../schema/facts.ts";
import type { UplinkInputs } from "../schema/uplink.ts";
import type { Failure } from "./resource-kind.ts";

export type ModeInputs = Pick<UplinkInputs, keyof NicModes>;

/** What facts tell against these modes, with what would give them. */
export const modeObjections = (facts: HostFacts, nic: LinkFacts, inputs: ModeInputs): Failure[] => {
  const where = `${nic.name} of ${facts.hostname}`;
  const driver = nic.nic?.driver ?? "";
  const by = driver === "" ? "" : `, by its driver ${driver},`;
  const failures: Failure[] = [];
  const object = (property: keyof NicModes, reason: string) => failures.push({ property, reason });
  const { embeddedSwitch, eswitchMode, sourcePruning } = inputs;
  const asksForSwitch = embeddedSwitch !== undefined || eswitchMode !== undefined;
  if (asksForSwitch && !hasEmbeddedSwitch(nic)) {
    const property = embeddedSwitch === undefined ? "eswitchMode" : "embeddedSwitch";
    object(property, `${where} has no SR-IOV, and so no switch of its own; ${withEmbeddedSwitch(facts.links)}`);
  } else {
    if (embeddedSwitch === "vepa" && vebOnlyDrivers.includes(driver)) {
      const others = `for vepa use a bridge of type ethernet, or a NIC with one of the drivers ${vepaDrivers.join(", ")}`;
      object("embeddedSwitch", `the switch in ${where}${by} knows VEB alone; ${others}`);
    }
    if (eswitchMode === "switchdev" && (legacyOnlyDrivers.includes(driver) || nic.nic?.pci === null)) {
      const others = `leave it out, or use a NIC with one of the drivers ${eswitchDrivers.join(", ")}`;
      object("eswitchMode", `the switch in ${where}${by} has no devlink eswitch mode: it is always legacy; ${others}`);
    }
  }
  if (sourcePruning !== undefined && driver !== sourcePruningDriver) {
    const whose = `that private flag is ${sourcePruningDriver}'s alone; leave sourcePruning out`;
    object("sourcePruning", `${where}${by} has no disable-source-pruning: ${whose}`);
  }
  return failures;
};

/** What there is no other of, and so nothing to read. */
const fixedModes = ({ nic }: LinkFacts): NicModes => ({
  ...(vebOnlyDrivers.includes(nic?.driver ?? "") ? { embeddedSwitch: "veb" } : {}),
  ...(legacyOnlyDrivers.includes(nic?.driver ?? "") ? { eswitchMode: "legacy" } : {}),
});

/** The modes that are managed, as they are now; left out where the driver does not tell. */
export const lookAtModes = async (host: Host, nic: LinkFacts, managed: ModeInputs): Promise<NicModes> => {
  const asked = nicModes.filter((mode) => managed[mode] !== undefined);
  const fixed = Object.entries(fixedModes(nic)).filter(([mode]) => asked.some((each) => each === mode));
  const toRead = asked.filter((mode) => !fixed.some(([each]) => each === mode));
  if (toRead.length === 0) return Object.fromEntries(fixed);
  const address = { name: nic.name, pci: nic.nic?.pci ?? null };
  const { results } = await host.request({ steps: toRead.map((mode) => lookAtNicMode(address, mode)) });
  const read = toRead.map((mode, index) => readNicMode(mode, results[index]));
  return Object.assign(Object.fromEntries(fixed), ...read);
};

/**
 * The modes of before the first change. Of a switch that has no VFs some drivers do not tell whether it is a VEB or a VEPA
 * (ixgbe_ndo_bridge_getlink): it is a VEB when VFs are made.
 */
export const modesBefore = async (host: Host, nic: LinkFacts, managed: ModeInputs): Promise<NicModes> => ({
  ...(managed.embeddedSwitch === undefined ? {} : { embeddedSwitch: "veb" }),
  ...(await lookAtModes(host, nic, managed)),
});
