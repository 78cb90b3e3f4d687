import type { HostFacts } from "../schema/facts.ts";
import type { HostBridgeInputs } from "../schema/host-bridge.ts";
import type { HostBridgeRef } from "../schema/ref.ts";
import { highestVlanId, vlanIdsOf, vlanListOf } from "../schema/vlan.ts";
import type { Failure } from "./resource-kind.ts";

type Values = Partial<HostBridgeInputs>;
type UplinkPort = NonNullable<HostBridgeInputs["uplinkPort"]>;

const everyId = Array.from({ length: highestVlanId }, (_, index) => index + 1);

const defaultPort: UplinkPort = { hairpin: false, isolated: false };

/** What is managed of a Linux bridge's VLANs and its uplink's port, defaults included: what a refresh can compare. */
export const settledVlans = (
  values: Values,
): { vlanFiltering: boolean; defaultPvid?: number; uplinkPort: UplinkPort } => {
  const { vlanFiltering = false, defaultPvid = 1, uplinkPort = defaultPort } = values;
  if (!vlanFiltering) return { vlanFiltering, uplinkPort };
  const { pvid = defaultPvid, tagged = vlanListOf(everyId.filter((id) => id !== pvid)) } = uplinkPort.vlan ?? {};
  return { vlanFiltering, defaultPvid, uplinkPort: { ...uplinkPort, vlan: { pvid, tagged } } };
};

/** What VMs' interfaces need to know of it. */
export const vlansOfRef = (values: Values): Pick<HostBridgeRef, "vlans"> => {
  const { defaultPvid, uplinkPort } = settledVlans(values);
  const { pvid, tagged } = uplinkPort.vlan ?? {};
  if (defaultPvid === undefined || pvid === undefined || tagged === undefined) return {};
  return { vlans: { defaultPvid, uplinkPvid: pvid, uplinkTagged: tagged } };
};

/** What the kernel of a host without it says is "Operation not supported". */
export const noVlanFiltering = (hostname: string): string =>
  `the kernel of ${hostname} filters no VLANs (it was built without CONFIG_BRIDGE_VLAN_FILTERING): boot one that does, or ` +
  "use a bridge of type ethernet, whose VMs get VLAN links";

/** What contradicts itself, or the host. */
export const vlanFailures = (values: Values, unknown: ReadonlySet<string>, facts: HostFacts | undefined): Failure[] => {
  const { vlanFiltering, defaultPvid, uplinkPort } = values;
  if (unknown.has("vlanFiltering")) return [];
  if (vlanFiltering !== true) {
    const without = "concerns a bridge that filters VLANs: give vlanFiltering: true, or leave this out";
    return [
      ...(defaultPvid === undefined ? [] : [{ property: "defaultPvid", reason: without }]),
      ...(uplinkPort?.vlan === undefined ? [] : [{ property: "uplinkPort.vlan", reason: without }]),
    ];
  }
  const failures: Failure[] = [];
  const { pvid, tagged } = settledVlans(values).uplinkPort.vlan ?? {};
  if (pvid !== undefined && tagged !== undefined && vlanIdsOf(tagged).includes(pvid)) {
    failures.push({
      property: "uplinkPort.vlan.tagged",
      reason: `${pvid} is the VLAN that is untagged there (pvid): leave it out of tagged, or give another pvid (0: none)`,
    });
  }
  if (facts?.links.some(({ bridge }) => bridge?.canFilterVlans === false)) {
    failures.push({ property: "vlanFiltering", reason: noVlanFiltering(facts.hostname) });
  }
  return failures;
};
