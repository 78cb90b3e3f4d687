import { commandFailed } from "../host/command-failed.ts";
import type { Host } from "../host/host.ts";
import { ipBatch } from "../links/batch.ts";
import { changeMacvtap, createMacvtap, type MacvtapWanted, removeMacvtap } from "../links/macvtap.ts";
import { addPepaFilter, type PepaEndpoint, pepaFilterState, removePepaFilter } from "../links/pepa-filter.ts";
import { type KeptFile, recordOf } from "../persistence/kept-file.ts";
import { findLink } from "../planning/index.ts";
import type { HostFacts, LinkFacts } from "../schema/facts.ts";
import type { Isolation, VmInterfaceInputs } from "../schema/vm-interface.ts";
import { type Steps, tryChange } from "./change-host.ts";
import { ForeignObject } from "./foreign.ts";
import type { Properties } from "./resource-kind.ts";

/**
 * The host's side of a pepa interface: a macvtap of our own and its filter, both there before libvirt is told of the interface,
 * and there still when the domain starts anew.
 *
 * A macvtap that libvirt makes (`type='direct'`) is a new link at each start, and its guest sends before anybody could give it
 * a filter; one that is there already (`type='ethernet'`, `managed='no'`: qemuInterfaceEthernetConnect) is only opened. What
 * libvirt does not do then is remove it: with the interface it goes by {@link releasePepa}. After a reboot neither is there,
 * and a domain does not start without its macvtap: not isolated is never the fallback.
 */

const kind = "VmInterface";

export const isPepa = ({ realization }: Pick<VmInterfaceInputs, "realization">): boolean =>
  realization.kind === "macvtap-private";

/** As it is when all is in place. */
export const fullIsolation: Isolation = { uplink: "filtered", endpoint: "filtered" };

/** By the plan: what a refresh found in place of the realization is not where the macvtap was made. */
const uplinkOf = ({ plan, realization, vlanLink }: VmInterfaceInputs): string =>
  vlanLink?.name ?? plan.uplink ?? realization.source;

const endpointOf = (inputs: VmInterfaceInputs): PepaEndpoint => ({
  uplink: uplinkOf(inputs),
  name: inputs.target,
  mac: inputs.mac,
  mark: inputs.mark,
});

const macvtapOf = (inputs: VmInterfaceInputs, up: boolean): MacvtapWanted => ({
  name: inputs.target,
  lower: uplinkOf(inputs),
  mode: "private",
  mac: inputs.mac,
  ...(inputs.mtu === undefined ? {} : { mtu: inputs.mtu }),
  alias: inputs.mark,
  up,
  allMulticast: inputs.allMulticast ?? true,
});

/** Its macvtap, whatever became of it since it was made. */
const macvtapIn = (inputs: VmInterfaceInputs, facts: HostFacts): LinkFacts | undefined => {
  const link = findLink(facts, inputs.target);
  return link?.alias === inputs.mark ? link : undefined;
};

const isolationOf = (inputs: VmInterfaceInputs, facts: HostFacts): Isolation => {
  const filter = pepaFilterState(endpointOf(inputs), facts);
  const link = macvtapIn(inputs, facts);
  if (link === undefined) return { ...filter, endpoint: "missing" };
  const asAsked = link.up && link.mac === inputs.mac && link.macvtapMode === "private";
  return asAsked ? filter : { ...filter, endpoint: "changed" };
};

/** The inputs as they would be for what was done to the macvtap and its filter by hand. */
export const pepaDrift = (inputs: VmInterfaceInputs, facts: HostFacts): Properties => {
  const link = macvtapIn(inputs, facts);
  const isolation = isolationOf(inputs, facts);
  if (link === undefined) return { isolation };
  return { isolation, allMulticast: link.allMulticast };
};

/** Was it made as one? A refresh may have found something else in the domain since. */
export const wasPepa = ({ isolation }: Pick<VmInterfaceInputs, "isolation">): boolean => isolation !== undefined;

/** Is anything of it still on the host, although the domain is gone? */
export const pepaIsThere = (inputs: VmInterfaceInputs, facts: HostFacts): boolean =>
  macvtapIn(inputs, facts) !== undefined;

const upOf = ({ target }: VmInterfaceInputs) => ipBatch([["link", "set", "dev", target, "up"]]);

/** Filter before link before guest: at no moment is there a macvtap that is up and not filtered. */
const stepsFromNothing = (inputs: VmInterfaceInputs): Steps => [
  ...createMacvtap(macvtapOf(inputs, false)),
  addPepaFilter(endpointOf(inputs)),
  upOf(inputs),
];

/** The same when the host boots. */
export const pepaAtBoot = (inputs: VmInterfaceInputs): KeptFile => {
  const { target } = inputs;
  return recordOf({ link: uplinkOf(inputs), name: `50-${target}`, makes: target }, stepsFromNothing(inputs));
};

const stepsTo = (inputs: VmInterfaceInputs, facts: HostFacts, link: LinkFacts | undefined): Steps => {
  const up = upOf(inputs);
  const filter = addPepaFilter(endpointOf(inputs));
  if (link === undefined) return stepsFromNothing(inputs);
  const { uplink, endpoint } = pepaFilterState(endpointOf(inputs), facts);
  const filtered = uplink === "filtered" && endpoint === "filtered";
  return [...(filtered ? [] : [filter]), ...changeMacvtap(link, macvtapOf(inputs, link.up)), ...(link.up ? [] : [up])];
};

/** Brings macvtap and filter to what is asked. True when the macvtap is new: {@link releasePepa} takes it back. */
export const ensurePepa = async (inputs: VmInterfaceInputs, host: Host, facts: HostFacts): Promise<boolean> => {
  const link = findLink(facts, inputs.target);
  if (link !== undefined && link.alias !== inputs.mark) {
    throw new ForeignObject(inputs.host, `the link ${link.name}`, link.alias);
  }
  const steps = stepsTo(inputs, facts, link);
  if (steps.length === 0) return false;
  const what = `isolate ${inputs.mac} on ${uplinkOf(inputs)} (macvtap ${inputs.target} and its filter)`;
  const answer = await tryChange(host, inputs, kind, what, steps);
  if (answer.failed === undefined) return link === undefined;
  const failure = commandFailed(host, steps, answer);
  // The first step makes the link, and leaves nothing when it fails.
  if (link === undefined && answer.failed > 0) await releasePepa(inputs, host);
  throw failure;
};

/** The macvtap first: what is gone sends nothing, and the filter is not needed for it any more. */
export const releasePepa = async (inputs: VmInterfaceInputs, host: Host): Promise<void> => {
  const what = `remove the macvtap ${inputs.target} and its filter`;
  const gone = removeMacvtap({ name: inputs.target, alias: inputs.mark });
  const answer = await tryChange(host, inputs, kind, what, gone);
  // The first step looks whether it is there and ours: if not, there is nothing of ours to remove.
  if (answer.failed !== undefined && answer.failed > 0) throw commandFailed(host, gone, answer);
  const steps = removePepaFilter(endpointOf(inputs));
  const filter = await tryChange(host, inputs, kind, what, steps);
  // Without nft there is no filter either.
  if (filter.failed !== undefined && filter.results[filter.failed]?.status !== 127) {
    throw commandFailed(host, steps, filter);
  }
};
