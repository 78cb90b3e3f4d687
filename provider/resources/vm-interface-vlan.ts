import { observe } from "../discovery/observe.ts";
import { commandFailed } from "../host/command-failed.ts";
import type { Host } from "../host/host.ts";
import {
  changeVlanLink,
  createVlanLink,
  removeVlanLink,
  type VlanLinkWanted,
  vlanLinkDrift,
} from "../links/vlan-link.ts";
import { recordOf } from "../persistence/kept-file.ts";
import { findLink, hostAddresses, linksAbove, vlanLinkMark } from "../planning/index.ts";
import type { HostFacts } from "../schema/facts.ts";
import type { VmInterfaceInputs } from "../schema/vm-interface.ts";
import { tryChange } from "./change-host.ts";
import { ForeignObject } from "./foreign.ts";
import type { Outlasting, Properties } from "./resource-kind.ts";
import { claimVlanLink, releaseVlanLinkClaim } from "./vlan-link-claims.ts";

/**
 * The VLAN link below a macvtap. All macvtaps of one VLAN on one uplink share it, of whatever stack; who needs it makes it, and
 * it goes with the last that is seen to use it. One that somebody else made is used as it is, and never changed or removed.
 */

const kind = "VmInterface";

/** What stands among the inputs while it is as it shall be. */
export const inPlace = "in place";

const wantedOf = (inputs: VmInterfaceInputs): VlanLinkWanted | undefined => {
  const { vlanLink, vlan, plan, bridge } = inputs;
  const { uplink } = plan;
  if (vlanLink === undefined || uplink === undefined || typeof vlan !== "number") return undefined;
  const mtu = bridge?.uplink?.mtu;
  const alias = vlanLinkMark(uplink, vlan);
  return { name: vlanLink.name, uplink, id: vlan, alias, ...(mtu === undefined ? {} : { mtu }) };
};

const claimOf = ({ host, mark }: VmInterfaceInputs, { name }: VlanLinkWanted) => ({ host, link: name, mark });

const isThere = (facts: HostFacts, wanted: VlanLinkWanted): boolean => {
  const link = findLink(facts, wanted.name);
  return link !== undefined && vlanLinkDrift(link, wanted) === undefined;
};

const stepsTo = (inputs: VmInterfaceInputs, facts: HostFacts, wanted: VlanLinkWanted) => {
  const link = findLink(facts, wanted.name);
  if (link === undefined) return createVlanLink(wanted);
  const steps = changeVlanLink(link, wanted);
  if (steps.length > 0 && link.alias !== wanted.alias) {
    throw new ForeignObject(inputs.host, `the link ${wanted.name}`, link.alias);
  }
  return steps;
};

/** Makes it, or mends it, before anything stands on it. Returns facts of afterwards. */
export const ensureVlanLink = async (inputs: VmInterfaceInputs, host: Host, before: HostFacts): Promise<HostFacts> => {
  const wanted = wantedOf(inputs);
  if (wanted === undefined) return before;
  claimVlanLink(claimOf(inputs, wanted));
  const steps = stepsTo(inputs, before, wanted);
  if (steps.length === 0) return before;
  const what = `make the VLAN link ${wanted.name} (VLAN ${wanted.id} of ${wanted.uplink})`;
  const answer = await tryChange(host, inputs, kind, what, steps);
  const after = await observe(host);
  // Another interface of this VLAN may have made it in the meantime.
  if (answer.failed !== undefined && !isThere(after, wanted)) throw commandFailed(host, steps, answer);
  return after;
};

/** The same when the host boots; nothing of one that somebody else made. Each interface that it is for keeps a record of its own. */
export const vlanLinkAtBoot = async (inputs: VmInterfaceInputs, host: Host): Promise<Outlasting> => {
  const wanted = wantedOf(inputs);
  if (wanted === undefined || findLink(await observe(host), wanted.name)?.alias !== wanted.alias)
    return { records: [] };
  const { name, uplink } = wanted;
  const { target: of } = inputs;
  return {
    records: [recordOf({ link: uplink, name: `40-${name}-${of}`, makes: name }, createVlanLink(wanted))],
    lasting: [{ what: "endpoint", name, of }],
  };
};

/** Who else uses it, as the host shows it. */
const usersOf = (facts: HostFacts, name: string): string[] => {
  const link = findLink(facts, name);
  if (link === undefined) return [];
  const domains = facts.domains.filter((domain) =>
    [...domain.live, ...domain.config].some(({ source }) => source === name),
  );
  return [
    ...linksAbove(facts, link).map((each) => each.name),
    ...domains.map((domain) => domain.name),
    ...hostAddresses(link),
  ];
};

/** Removes it when it is ours and was used by nobody else. */
export const releaseVlanLink = async (inputs: VmInterfaceInputs, host: Host): Promise<void> => {
  const wanted = wantedOf(inputs);
  if (wanted === undefined) return;
  const facts = await observe(host);
  const isLast = releaseVlanLinkClaim(claimOf(inputs, wanted));
  const link = findLink(facts, wanted.name);
  if (!isLast || link?.alias !== wanted.alias || usersOf(facts, wanted.name).length > 0) return;
  const steps = removeVlanLink(wanted);
  const answer = await tryChange(host, inputs, kind, `remove the VLAN link ${wanted.name}`, steps);
  // The first step looks whether it is there and ours: if not, there is nothing of ours to remove.
  if (answer.failed !== undefined && answer.failed > 0) throw commandFailed(host, steps, answer);
};

/** The inputs as they would be for what was done to it by hand. */
export const vlanLinkState = (inputs: VmInterfaceInputs, facts: HostFacts): Properties => {
  const wanted = wantedOf(inputs);
  if (wanted === undefined) return {};
  const link = findLink(facts, wanted.name);
  const state = link === undefined ? "missing" : (vlanLinkDrift(link, wanted) ?? inPlace);
  return { vlanLink: { name: wanted.name, state } };
};
