import type { HostBridgeRef, SriovVirtualFunctionRef } from "../schema/ref.ts";

/** The switch that a VF is a port of, as a bridge that a program would name. */
export const bridgeOfVf = ({ host, uplink }: SriovVirtualFunctionRef): HostBridgeRef => ({
  kind: "HostBridge",
  host,
  type: "embedded",
  uplink,
  mode: "all",
});
