import { bridgeRefusal, bridgeUnderRelay } from "../bridge-refusal.ts";
import { findLink, noBridge, noUplink } from "../find-nic.ts";
import { nicOf } from "../nic-of-request.ts";
import { masterOf, passthroughOn } from "../nic-owner.ts";
import type { Rule } from "../rule.ts";

/** The uplink, or the bridge that somebody else made, is there. A bridge of ours may come with this very update. */
export const linkThereRule: Rule = {
  id: "link-there",
  source: "the host's links",
  judge: (candidate, { bridge }, facts) => {
    if (facts === undefined || !candidate.bridgeTypes.includes(bridge.type)) return undefined;
    const { uplink, device } = bridge;
    if (uplink !== undefined && findLink(facts, uplink.nic) === undefined) {
      return { reason: noUplink(facts, uplink.nic), property: "bridge" };
    }
    if (bridge.type === "existing" && device !== undefined && findLink(facts, device) === undefined) {
      return { reason: noBridge(facts, device), property: "bridge" };
    }
    return undefined;
  },
};

/** The NIC has one receive handler: in a bridge or bond it takes no macvtap; and in passthrough one has it for itself. */
export const uplinkFreeRule: Rule = {
  id: "uplink-free",
  source: "kernel net/core/dev.c, netdev_rx_handler_register: EBUSY",
  judge: (candidate, request, facts) => {
    const nic = nicOf(request, facts);
    if (nic === undefined || facts === undefined || !candidate.bridgeTypes.includes("ethernet")) return undefined;
    const owner = masterOf(facts, nic);
    if (owner !== undefined) {
      const inBond = findLink(facts, nic.master ?? "")?.kind === "bond";
      return {
        reason: `${nic.name} of ${facts.hostname} is ${owner}, and takes no macvtap beside it`,
        remedy: inBond
          ? "use the bond as the uplink"
          : `attach to that bridge (HostBridge.existing), or take ${nic.name} out of it`,
        property: "bridge",
      };
    }
    const passthrough = passthroughOn(facts, nic);
    return passthrough === undefined
      ? undefined
      : {
          reason: `${passthrough.name} has ${nic.name} of ${facts.hostname} for itself (passthrough)`,
          remedy: `remove it, or use another NIC`,
          property: "bridge",
        };
  },
};

/** A bridge of ours that is yet to be made can take the NIC. One that is there has what it has. */
export const uplinkBridgeableRule: Rule = {
  id: "uplink-bridgeable",
  source:
    "kernel net/bridge/br_if.c, br_add_if: EBUSY, ELOOP, EOPNOTSUPP; and an address of a port is not answered for",
  judge: (candidate, request, facts) => {
    const nic = nicOf(request, facts);
    const { type, device } = request.bridge;
    if (nic === undefined || facts === undefined || candidate.kind !== "linux-bridge" || type !== "hypervisor") {
      return undefined;
    }
    if (device !== undefined && findLink(facts, device) !== undefined) return undefined;
    const { movesAddresses: moveAddresses } = request.bridge;
    const refused = bridgeRefusal(facts, nic, { moveAddresses });
    return refused && { ...refused, property: "bridge" };
  },
};

/** Broadcasts come back to the bridge, which then learns its own VMs behind the uplink. */
export const noBridgeOnReflectingPortRule: Rule = {
  id: "no-bridge-on-reflecting-port",
  source: "test/frames/matrix.test.ts: a Linux bridge under a reflecting port loses unicast between its own VMs",
  judge: (candidate, request) => {
    const refused = candidate.kind === "linux-bridge" ? bridgeUnderRelay(request.bridge.uplink) : undefined;
    return refused && { ...refused, property: "bridge" };
  },
};

/** uplink >= bridge >= guest. */
export const mtuChainRule: Rule = {
  id: "mtu-chain",
  source: "kernel drivers/net/macvlan.c, macvlan_change_mtu: EINVAL above the lower link's",
  judge: (_candidate, request, facts) => {
    const { mtu, bridge } = request;
    if (mtu === undefined) return undefined;
    const device = facts && bridge.device !== undefined ? findLink(facts, bridge.device) : undefined;
    const limit = bridge.mtu ?? bridge.uplink?.mtu ?? device?.mtu ?? nicOf(request, facts)?.mtu;
    return limit !== undefined && mtu > limit
      ? {
          reason: `its MTU of ${mtu} is above the ${limit} of what it sits on`,
          remedy: `raise the uplink's mtu to ${mtu} or lower this one`,
          property: "mtu",
        }
      : undefined;
  },
};
