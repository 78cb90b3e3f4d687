import type { HostFacts, LinkFacts } from "../schema/facts.ts";
import type { UplinkRef } from "../schema/ref.ts";
import { carriesSession, hostAddresses } from "./carries-session.ts";
import { macvlansOn, masterOf } from "./nic-owner.ts";

interface BridgeRefusal {
  readonly reason: string;
  readonly remedy: string;
}

const elsewhere =
  "Set moveAddresses: true on the HostBridge: they move with it, and the host takes that back unless it is confirmed. Or use " +
  "HostBridge.existing for a bridge made at the host, or choose another NIC";

interface BridgeOverNic {
  /** The one that it may be in already. */
  readonly bridge?: string | undefined;
  /** The host's addresses go with it. */
  readonly moveAddresses?: boolean | undefined;
}

/** Why this NIC is not taken into a bridge of ours; undefined when it can be. */
export const bridgeRefusal = (
  facts: HostFacts,
  nic: LinkFacts,
  { bridge, moveAddresses = false }: BridgeOverNic = {},
): BridgeRefusal | undefined => {
  const where = `${nic.name} of ${facts.hostname}`;
  if (bridge !== undefined && nic.master === bridge) return undefined;
  const owner = masterOf(facts, nic);
  if (owner !== undefined) {
    return {
      reason: `${where} is ${owner}`,
      remedy: `use HostBridge.existing for a bridge that is there, or free ${nic.name} first`,
    };
  }
  if (nic.wireless) {
    return {
      reason: `${where} is a wireless station, which the kernel takes into no bridge`,
      remedy: "use another NIC",
    };
  }
  if (nic.kind === "bridge") return { reason: `${where} is a bridge itself`, remedy: "use HostBridge.existing" };
  const macvlans = macvlansOn(facts, nic);
  if (macvlans.length > 0) {
    return {
      reason: `${where} carries ${macvlans.join(", ")}`,
      remedy: "a NIC takes macvtaps or a bridge, not both",
    };
  }
  // What stands on the NIC (a VLAN link) goes on standing there.
  if (moveAddresses) return undefined;
  const session = carriesSession(facts, nic);
  if (session !== undefined) {
    return {
      reason: `${where} carries this very SSH session (${session})`,
      remedy: `taking it into a bridge would cut the host off. ${elsewhere}`,
    };
  }
  const addresses = hostAddresses(nic);
  if (addresses.length > 0) {
    return {
      reason: `${where} carries the host's addresses ${addresses.join(", ")}, which would stop working under a bridge`,
      remedy: elsewhere,
    };
  }
  return undefined;
};

/** Why there is no Linux bridge on an uplink whose switch reflects, or is asked to; undefined where nothing speaks of that. */
export const bridgeUnderRelay = (uplink: UplinkRef | undefined): BridgeRefusal | undefined => {
  const consequence = "a Linux bridge there hears its own broadcasts again and loses its VMs";
  if (uplink?.reflectiveRelay === "active") {
    return {
      reason: `the switch reflects on ${uplink.nic}: ${consequence}`,
      remedy: "use a bridge of type ethernet, or switch reflective relay off on the port",
    };
  }
  if (uplink?.relayRequested) {
    return {
      reason: `its Uplink asks the switch to reflect on ${uplink.nic}: ${consequence}`,
      remedy: 'use a bridge of type ethernet, or leave "request" out of reflectiveRelay there',
    };
  }
  return undefined;
};
