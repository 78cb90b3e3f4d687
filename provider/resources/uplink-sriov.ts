import { observeAnew } from "../discovery/observe.ts";
import type { Host } from "../host/host.ts";
import { type NicModes, nicModes, setEmbeddedSwitch, setEswitchMode, setSourcePruning } from "../links/nic-modes.ts";
import { probeVf, unbindVf } from "../links/vf-driver.ts";
import { carriedAddresses, carriesSession } from "../planning/index.ts";
import { KvmNetworkError } from "../schema/error.ts";
import type { HostFacts, LinkFacts } from "../schema/facts.ts";
import type { UplinkInputs } from "../schema/uplink.ts";
import { changeHost, type Steps } from "./change-host.ts";
import { lookAtModes } from "./uplink-modes.ts";
import { setVfCount, vfCount, vfsHeld } from "./uplink-vfs.ts";

/** What is managed of a NIC's VFs and of its own switch; what is left out stays as it is. */
export type SriovWanted = NicModes & { readonly numVfs?: number };

export const sriovWanted = ({ numVfs, embeddedSwitch, eswitchMode, sourcePruning }: UplinkInputs): SriovWanted => ({
  ...(numVfs === undefined ? {} : { numVfs }),
  ...(embeddedSwitch === undefined ? {} : { embeddedSwitch }),
  ...(eswitchMode === undefined ? {} : { eswitchMode }),
  ...(sourcePruning === undefined ? {} : { sourcePruning }),
});

/**
 * mlx5 makes VFs in legacy mode, and changes the mode while no driver has them; the others change it while there is none (ice
 * refuses it with VFs: kernel drivers/net/ethernet/intel/ice/ice_eswitch.c).
 */
const changesModeWithVfs = ({ nic }: LinkFacts): boolean => nic?.driver === "mlx5_core";

const words: Readonly<Record<keyof NicModes, string>> = {
  embeddedSwitch: "the mode of its own switch (bridge -d link show)",
  eswitchMode: "its eswitch mode (devlink dev eswitch show)",
  sourcePruning: "its private flag disable-source-pruning (ethtool --show-priv-flags)",
};

const nicNow = (facts: HostFacts, name: string): LinkFacts => {
  const nic = facts.links.find((link) => link.name === name);
  if (nic === undefined)
    throw new KvmNetworkError("nic-not-found", `there is no ${name} on ${facts.hostname} any more`);
  return nic;
};

/** Why a mode is not changed while the NIC is used so: that resets the NIC, or what its VFs stand on. */
export const usedBy = (facts: HostFacts, nic: LinkFacts, what: keyof NicModes): string | undefined => {
  const session = carriesSession(facts, nic);
  if (session !== undefined)
    return `${nic.name} carries the SSH session (${session}), and the NIC may be reset: do it at the host`;
  const [address] = what === "eswitchMode" ? carriedAddresses(facts, nic) : [];
  // The NIC's own frames go by another switch then: no transaction would bring that back.
  if (address !== undefined)
    return `the host is reached by ${nic.name} (${address}), and could not take that back by itself: do it at the host`;
  return vfsHeld(facts, nic);
};

const mustNotBeUsed = (facts: HostFacts, nic: LinkFacts, what: keyof NicModes): void => {
  const why = usedBy(facts, nic, what);
  if (why !== undefined) throw new KvmNetworkError("uplink-refused", `${what}: ${why}`);
};

/** A NIC's VFs and switch as wanted, in the order that the drivers take; read back at the end. */
export const bringSriovTo = async (
  inputs: UplinkInputs,
  host: Host,
  name: string,
  wanted: SriovWanted,
): Promise<void> => {
  const { numVfs, embeddedSwitch, eswitchMode, sourcePruning } = wanted;
  const facts = await observeAnew(host);
  const nic = nicNow(facts, name);
  const address = { name, pci: nic.nic?.pci ?? null };
  const change = (what: string, steps: Steps) => changeHost(host, inputs, "Uplink", what, steps);
  const untold = (mode: keyof NicModes) => {
    const driver = nic.nic?.driver ?? "its driver";
    const reason = `${mode}: ${driver} does not tell of ${name} on ${host.name} ${words[mode]}; leave ${mode} out`;
    return new KvmNetworkError("uplink-refused", reason);
  };
  const found = await lookAtModes(host, nic, wanted);

  if (sourcePruning !== undefined && found.sourcePruning !== sourcePruning) {
    if (found.sourcePruning === undefined) throw untold("sourcePruning");
    mustNotBeUsed(facts, nic, "sourcePruning");
    await change(`set source pruning of ${name} to ${sourcePruning}`, [setSourcePruning(address, sourcePruning)]);
  }

  const count = numVfs ?? vfCount(nic);
  if (eswitchMode !== undefined && found.eswitchMode !== eswitchMode) {
    if (found.eswitchMode === undefined) throw untold("eswitchMode");
    mustNotBeUsed(facts, nic, "eswitchMode");
    const set = setEswitchMode(address, eswitchMode);
    if (changesModeWithVfs(nic)) {
      await setVfCount(inputs, host, name, count);
      const vfs = nicNow(await observeAnew(host), name).nic?.sriov?.functions ?? [];
      const bound = vfs.filter(({ driver }) => driver !== null).map(({ pci }) => pci);
      await change(`set the eswitch of ${name} to ${eswitchMode}`, [
        ...bound.map(unbindVf),
        set,
        ...bound.map(probeVf),
      ]);
    } else await setVfCount(inputs, host, name, count, [set]);
  } else if (numVfs !== undefined) await setVfCount(inputs, host, name, numVfs);

  if (embeddedSwitch !== undefined) {
    const now = (await lookAtModes(host, nic, { embeddedSwitch })).embeddedSwitch;
    if (now === undefined) throw untold("embeddedSwitch");
    if (now !== embeddedSwitch) {
      const session = carriesSession(facts, nic);
      if (session !== undefined) mustNotBeUsed(facts, nic, "embeddedSwitch");
      await change(`put the switch in ${name} into ${embeddedSwitch}`, [setEmbeddedSwitch(address, embeddedSwitch)]);
    }
  }

  const after = await lookAtModes(host, nic, wanted);
  const refused = nicModes.find((mode) => wanted[mode] !== undefined && after[mode] !== wanted[mode]);
  if (refused !== undefined) {
    const is = after[refused] === undefined ? "not told" : String(after[refused]);
    const reason = `${refused}: ${name} on ${host.name} took ${String(wanted[refused])} and has not kept it: it is ${is}`;
    throw new KvmNetworkError("uplink-refused", reason);
  }
};
