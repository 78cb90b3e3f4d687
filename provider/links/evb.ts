import type { Answer, Request } from "../host/host.ts";

/**
 * lldpad's settings of a NIC that make it a station of edge virtual bridging (IEEE 802.1Q-2014 D.2.12) and ask the switch for
 * reflective relay, by lldpad's own names: lldptool-evb(8) and lldpad's evb22 module.
 */
const settings = ["evbmode", "evbrrreq", "enableTx"] as const;
const agent = ["-g", "ncb"] as const;

export type EvbSettings = { readonly [Setting in (typeof settings)[number] | "adminStatus"]: string };

const on = "rxtx";

/** A station that asks for it, heard by the nearest customer bridge. */
export const asking: EvbSettings = { adminStatus: on, evbmode: "station", evbrrreq: "yes", enableTx: "yes" };

/** Reads the settings; the first step fails where lldpad does not run or does not know the NIC. */
export const lookAtEvb = (nic: string): Request["steps"] => [
  { verb: "run", argv: ["lldptool", "-l", "-i", nic, ...agent, "adminStatus"] },
  { verb: "run", argv: ["lldptool", "-t", "-i", nic, ...agent, "-V", "evb", "-c", ...settings] },
];

/** What {@link lookAtEvb} found; undefined when it could not look. */
export const readEvb = ({ results, failed }: Answer): EvbSettings | undefined => {
  if (failed !== undefined) return undefined;
  const lines = results.flatMap(({ stdout }) => stdout.split("\n")).map((line) => line.split(/\s*=\s*/));
  const value = (name: string) => lines.find(([setting]) => setting === name)?.[1]?.trim() ?? "";
  return {
    adminStatus: value("adminStatus"),
    evbmode: value("evbmode"),
    evbrrreq: value("evbrrreq"),
    enableTx: value("enableTx"),
  };
};

/**
 * Brings lldpad from what was found to what is wanted: the agent is on before its TLV is, and off, where it shall be, after it.
 * Only what differs is set: lldptool takes some settings that are so already for errors.
 */
export const setEvb = (nic: string, found: EvbSettings, wanted: EvbSettings): Request["steps"] => {
  const run = (...argv: string[]): Request["steps"][number] => ({ verb: "run", argv: ["lldptool", ...argv] });
  const status = (from: string, to: string) =>
    from === to ? [] : [run("-L", "-i", nic, ...agent, `adminStatus=${to}`)];
  const set = settings
    .filter((setting) => found[setting] !== wanted[setting])
    .map((setting) => run("-T", "-i", nic, ...agent, "-V", "evb", `${setting}=${wanted[setting]}`));
  return [...status(found.adminStatus, on), ...set, ...status(on, wanted.adminStatus)];
};
