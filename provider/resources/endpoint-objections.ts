import { findLink, masterOf, noUplink, passthroughOn } from "../planning/index.ts";
import type { HostFacts, LinkFacts } from "../schema/facts.ts";
import type { Failure } from "./resource-kind.ts";

interface Endpoint {
  readonly nic: string;
  readonly mtu?: number | undefined;
  /** The MTU the uplink is going to have, when an Uplink manages it. */
  readonly uplinkMtu?: number | undefined;
}

/** What facts tell against a macvtap on this NIC. */
export const endpointObjections = (facts: HostFacts, { nic: name, mtu, uplinkMtu }: Endpoint): Failure[] => {
  const nic: LinkFacts | undefined = findLink(facts, name);
  if (nic === undefined) {
    return [{ property: "uplink", reason: noUplink(facts, name) }];
  }
  const failures: Failure[] = [];
  const owner = masterOf(facts, nic);
  if (owner !== undefined) {
    failures.push({
      property: "uplink",
      reason: `${name} of ${facts.hostname} is ${owner} and takes no macvtap beside it: attach to that instead, or free ${name}`,
    });
  }
  const passthrough = passthroughOn(facts, nic);
  if (passthrough !== undefined) {
    failures.push({
      property: "uplink",
      reason: `${passthrough.name} has ${name} of ${facts.hostname} for itself (passthrough): no other macvtap fits beside it`,
    });
  }
  const limit = uplinkMtu ?? nic.mtu;
  if (mtu !== undefined && mtu > limit) {
    failures.push({
      property: "mtu",
      reason: `${mtu} is above the MTU of ${limit} of ${name} on ${facts.hostname}: raise the Uplink's mtu first`,
    });
  }
  return failures;
};
