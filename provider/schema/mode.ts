import { z } from "zod";

/**
 * Where frames between VMs of one uplink are switched (IEEE 802.1Qbg's words): `veb` on this host, `vepa` by the adjacent
 * switch, which reflects them, `pepa` nowhere.
 */
export const bridgingModes = ["veb", "vepa", "pepa"] as const;
export type BridgingMode = (typeof bridgingModes)[number];

export const bridgingModeSchema = z.enum(bridgingModes, {
  error: (issue) => `unknown mode ${JSON.stringify(issue.input)}: one of ${bridgingModes.join(", ")}`,
});

/**
 * What the endpoints sit on: `hypervisor` a Linux bridge of ours, `existing` one that somebody else made, `ethernet` the uplink
 * itself, `embedded` the NIC's own switch, which serves its VFs (SR-IOV).
 */
export const bridgeTypes = ["hypervisor", "ethernet", "embedded", "existing"] as const;
export type BridgeType = (typeof bridgeTypes)[number];

/**
 * What a NIC's own switch does with frames between its VFs: `veb` switches them in the NIC, `vepa` sends them to the adjacent
 * switch (kernel include/uapi/linux/if_bridge.h: BRIDGE_MODE_VEB, BRIDGE_MODE_VEPA; `bridge link` calls it hwmode).
 */
export const embeddedSwitchModes = ["veb", "vepa"] as const;
export type EmbeddedSwitchMode = (typeof embeddedSwitchModes)[number];

/**
 * Who rules a NIC's own switch: `legacy` the NIC by MAC and VLAN, `switchdev` the host, by a representor of each VF (kernel
 * Documentation/networking/devlink/devlink-eswitch-attr.rst).
 */
export const eswitchModes = ["legacy", "switchdev"] as const;
export type EswitchMode = (typeof eswitchModes)[number];

/** Whether the adjacent switch sends a frame back out of the port it came in by. `active` and `absent` only when probed or stated. */
export const reflectiveRelayStates = ["unknown", "active", "absent"] as const;
export type ReflectiveRelayState = (typeof reflectiveRelayStates)[number];

/** What an Uplink may do about reflective relay: look whether the switch does it, ask the switch for it. */
export const relayActions = ["probe", "request"] as const;
export type RelayAction = (typeof relayActions)[number];
