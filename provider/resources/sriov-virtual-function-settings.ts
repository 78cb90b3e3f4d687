import { commandFailed } from "../host/command-failed.ts";
import type { Host } from "../host/host.ts";
import {
  carrierSeconds,
  changeVf,
  settingsOf,
  type VfChange,
  type VfSettings,
  vfSettings,
} from "../links/virtual-function.ts";
import { KvmNetworkError } from "../schema/error.ts";
import type { LinkFacts, VirtualFunctionFacts } from "../schema/facts.ts";
import type { SriovVirtualFunctionInputs } from "../schema/sriov-virtual-function.ts";
import { changeHost, tryChange } from "./change-host.ts";
import type { Properties } from "./resource-kind.ts";

export const kind = "SriovVirtualFunction";

/** Those of the settings that are named. */
export const only = (settings: VfSettings, names: readonly string[]): VfSettings =>
  Object.fromEntries(Object.entries(settings).filter(([name]) => names.includes(name)));

/** The settings that inputs or a state manage. */
export const managedSettings = (inputs: Properties): VfSettings =>
  Object.fromEntries(vfSettings.flatMap((name) => (inputs[name] === undefined ? [] : [[name, inputs[name]]])));

const given = (settings: readonly string[], wanted: VfSettings): string =>
  Object.entries(only(wanted, settings))
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(", ");

/** The driver's own reason, without what `ip` puts around it. */
const reasonOf = (said: string): string => said.trim().replace(/^RTNETLINK answers: /, "");

/** Sets what differs. What the driver refuses is told, and what was set before it in the same run is put back. */
export const applySettings = async (
  inputs: SriovVirtualFunctionInputs,
  host: Host,
  pf: LinkFacts,
  vf: VirtualFunctionFacts,
  wanted: VfSettings,
): Promise<void> => {
  const observed = settingsOf(vf);
  const changes = changeVf(pf.name, vf.index, observed, wanted);
  if (changes.length === 0) return;
  const steps = changes.map(({ step }) => step);
  const names = [...new Set(changes.flatMap(({ settings }) => settings))];
  const what = `set ${given(names, wanted)} of VF ${vf.index} of ${pf.name}`;
  const answer = await tryChange(host, inputs, kind, what, steps);
  const { failed } = answer;
  if (failed === undefined) return;
  await putBack(inputs, host, pf, vf, changes.slice(0, failed), wanted);
  const refused = changes[failed]?.settings ?? [];
  const said = commandFailed(host, steps, answer);
  const waited = steps.findIndex(({ verb }) => verb === "carrier");
  const isDark = refused.some((name) => rates.includes(name)) && answer.results[waited]?.status !== 0;
  throw new KvmNetworkError(
    "vf-setting-refused",
    `VF ${vf.index} of ${pf.name} on ${host.name}: its NIC's driver ${pf.nic?.driver ?? "(unknown)"} refuses ${given(refused, wanted)} ` +
      `(${reasonOf(said.stderr)}): ${isDark ? withoutLink(pf.name) : "leave that out, or use a NIC whose driver can"}. ` +
      "What was set before it is put back",
    { cause: said },
  );
};

const rates: readonly string[] = ["minTxRateMbps", "maxTxRateMbps"];

const withoutLink = (pf: string): string =>
  `${pf} has no link (no carrier within ${carrierSeconds} s), and without one a NIC like this takes no rate: see to its cable and the ` +
  "switch's port, then do it again, or leave the rate out";

const putBack = async (
  inputs: SriovVirtualFunctionInputs,
  host: Host,
  pf: LinkFacts,
  vf: VirtualFunctionFacts,
  done: readonly VfChange[],
  wanted: VfSettings,
): Promise<void> => {
  const names = done.flatMap(({ settings }) => settings);
  const observed = settingsOf(vf);
  const undo = changeVf(pf.name, vf.index, { ...observed, ...only(wanted, names) }, only(observed, names));
  if (undo.length === 0) return;
  const what = `put back ${given(names, observed)} of VF ${vf.index} of ${pf.name}`;
  const steps = undo.map(({ step }) => step);
  await changeHost(host, inputs, kind, what, steps);
};

/** What a driver took without a word, and has not kept. */
export const mustBeKept = (host: Host, pf: LinkFacts, vf: VirtualFunctionFacts, wanted: VfSettings): void => {
  const now = new Map<string, unknown>(Object.entries(settingsOf(vf)));
  for (const [name, value] of Object.entries(wanted)) {
    if (!now.has(name) || now.get(name) === value) continue;
    throw new KvmNetworkError(
      "vf-setting-refused",
      `VF ${vf.index} of ${pf.name} on ${host.name}: ${pf.nic?.driver} took ${name} ${String(value)} and has not kept it ` +
        `(${String(now.get(name))}): leave it out, or use a NIC whose driver can`,
    );
  }
};
