import type { Request } from "../host/host.ts";
import type { VirtualFunctionFacts } from "../schema/facts.ts";
import { vlanProtocols } from "../schema/vlan.ts";

/** What a PF says of a VF, by what it is called in facts; of `vlan` go with it `qos` and `vlanProtocol`. */
export type VfSettings = {
  readonly [Setting in (typeof vfSettings)[number]]?: NonNullable<VirtualFunctionFacts[Setting]>;
};

export const vfSettings = [
  "mac",
  "vlan",
  "qos",
  "vlanProtocol",
  "spoofCheck",
  "trust",
  "minTxRateMbps",
  "maxTxRateMbps",
  "linkState",
] as const satisfies readonly (keyof VirtualFunctionFacts)[];

/** One command, and the settings that it makes: of which one that the driver refuses is told. */
export interface VfChange {
  readonly settings: readonly (keyof VfSettings)[];
  readonly step: Request["steps"][number];
}

/** Copper finds out what the other end can in three seconds (IEEE 802.3 clause 28). */
export const carrierSeconds = 8;

/**
 * Drivers that share out what the link carries take no rate before there is a link (kernel drivers/net/ethernet/intel/igb/igb_main.c,
 * igb_ndo_set_vf_bw: EINVAL), which comes a while after the NIC was set up or its number of VFs was changed. Others don't ask for one.
 */
const waitForCarrier = (pf: string): VfChange => ({
  settings: [],
  step: { verb: "carrier", link: pf, seconds: carrierSeconds, mayFail: true },
});

/** Those of the settings that facts tell. */
export function settingsOf(vf: VirtualFunctionFacts): VfSettings {
  return Object.fromEntries(vfSettings.flatMap((name) => (vf[name] === undefined ? [] : [[name, vf[name]]])));
}

const onOff = (value: boolean): string => (value ? "on" : "off");

/**
 * Brings a VF from what is observed to what is wanted, a command for each thing that differs: ip-link(8), `vf NUM`. `pf`: the
 * NIC's name. Nothing to do: nothing.
 */
export function changeVf(pf: string, index: number, observed: VfSettings, wanted: VfSettings): VfChange[] {
  const differs = (name: keyof VfSettings) => wanted[name] !== undefined && wanted[name] !== observed[name];
  const change = (settings: VfChange["settings"], ...words: string[]): VfChange[] => {
    if (!settings.some(differs)) return [];
    return [{ settings, step: { verb: "run", argv: ["ip", "link", "set", "dev", pf, "vf", String(index), ...words] } }];
  };
  const { mac, spoofCheck, trust, minTxRateMbps: min, maxTxRateMbps: max, linkState } = wanted;
  const vlan = wanted.vlan ?? observed.vlan ?? 0;
  const qos = wanted.qos ?? observed.qos ?? 0;
  const protocol = wanted.vlanProtocol ?? observed.vlanProtocol ?? vlanProtocols[0];
  // A kernel before 4.9 knows no other protocol than the usual one, and no word for it.
  const proto = protocol === vlanProtocols[0] ? [] : ["proto", protocol];
  const least = change(["minTxRateMbps"], "min_tx_rate", String(min));
  const most = change(["maxTxRateMbps"], "max_tx_rate", String(max));
  // At no time is the least above the most, which a driver refuses; 0 is no limit.
  const isRaised = max === undefined || max === 0 || max >= (observed.minTxRateMbps ?? 0);
  const rates = isRaised ? [...most, ...least] : [...least, ...most];
  return [
    ...change(["mac"], "mac", String(mac)),
    ...change(["vlan", "qos", "vlanProtocol"], "vlan", String(vlan), "qos", String(qos), ...proto),
    ...change(["trust"], "trust", onOff(trust === true)),
    ...change(["spoofCheck"], "spoofchk", onOff(spoofCheck === true)),
    ...(rates.length === 0 ? [] : [waitForCarrier(pf)]),
    ...rates,
    ...change(["linkState"], "state", String(linkState)),
  ];
}
