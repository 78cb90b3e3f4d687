import type { Step } from "../host/host.ts";
import type { LinkFacts } from "../schema/facts.ts";
import { highestVlanId, type VlanList, vlanIdsOf, vlanListOf } from "../schema/vlan.ts";

/** The VLANs of a port of a bridge that filters. */
export interface PortVlans {
  /** Of what comes untagged, and untagged on its way out; 0: none. */
  readonly pvid: number;
  readonly tagged: VlanList;
}

type Observed = NonNullable<NonNullable<LinkFacts["bridgePort"]>["vlans"]>;

interface Commands {
  readonly del: readonly number[];
  readonly pvid: boolean;
  readonly add: readonly number[];
}

/** All that there could be, for a port of which nothing is known: what is there already, or gone, is fine to the kernel. */
function whole({ pvid, tagged }: PortVlans): Commands {
  const add = vlanIdsOf(tagged);
  const wanted = new Set([pvid, ...add]);
  const every = Array.from({ length: highestVlanId }, (_, index) => index + 1);
  return { del: every.filter((id) => !wanted.has(id)), pvid: pvid !== 0, add };
}

function difference({ pvid, tagged }: PortVlans, observed: Observed): Commands {
  const add = vlanIdsOf(tagged);
  const wanted = new Set([pvid, ...add]);
  const isTagged = new Set(vlanIdsOf(observed.tagged));
  const there = [...isTagged, ...vlanIdsOf(observed.untagged), observed.pvid].filter((id) => id !== 0);
  return {
    del: there.filter((id) => !wanted.has(id)),
    pvid: pvid !== 0 && (observed.pvid !== pvid || isTagged.has(pvid)),
    // Once more without a flag takes the PVID, or the untagging, from one that has it.
    add: add.filter((id) => !isTagged.has(id) || observed.pvid === id),
  };
}

/**
 * Brings the VLANs of a port to what is wanted, in one process; nothing to do: no steps. Those that stay are not touched.
 * `observed`: what it has; undefined where that is not known, or about to change.
 */
export function changePortVlans(port: string, wanted: PortVlans, observed: Observed | undefined): Step[] {
  const { del, pvid, add } = observed === undefined ? whole(wanted) : difference(wanted, observed);
  const each = (verb: string, ids: readonly number[]) =>
    runsOf(ids).map((range) => `vlan ${verb} dev ${port} vid ${range}\n`);
  const lines = [
    ...each("del", del),
    ...each("add", add),
    ...(pvid ? [`vlan add dev ${port} vid ${wanted.pvid} pvid untagged\n`] : []),
  ];
  return lines.length === 0 ? [] : [{ verb: "run", argv: ["bridge", "-batch", "-"], input: lines.join("") }];
}

const runsOf = (ids: readonly number[]): string[] => vlanListOf(ids).map(String);

/** As a wanted one would be, for what is there; `untagged`: what a wanted one never has. */
export function portVlansFrom({ pvid, tagged, untagged }: Observed): PortVlans & { readonly untagged?: VlanList } {
  return { pvid, tagged, ...(untagged.length === 0 ? {} : { untagged }) };
}
