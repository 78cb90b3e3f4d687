import { observe } from "../discovery/observe.ts";
import { commandFailed } from "../host/command-failed.ts";
import type { Host } from "../host/host.ts";
import { buildInterfaceXml } from "../libvirt/interface-xml.ts";
import {
  changeMacvtap,
  createMacvtap,
  type MacvtapWanted,
  readMacvtap,
  removeMacvtap,
  undoMacvtap,
} from "../links/macvtap.ts";
import { recordOf } from "../persistence/kept-file.ts";
import { findLink } from "../planning/index.ts";
import { KvmNetworkError } from "../schema/error.ts";
import type { HostFacts, LinkFacts } from "../schema/facts.ts";
import {
  endpointModes,
  type MacvtapEndpointInputs,
  macvtapEndpointFields,
  macvtapEndpointInputsSchema,
} from "../schema/macvtap-endpoint.ts";
import { tryChange } from "./change-host.ts";
import { endpointObjections } from "./endpoint-objections.ts";
import { ForeignObject } from "./foreign.ts";
import { keptMac, linkNameFor, macFor, markFor } from "./identity.ts";
import { claimMac, macTaken, ownerInFacts } from "./mac-registry.ts";
import { nicOfRef } from "./nic-of-ref.ts";
import type { Completion, Draft, Failure, Properties, ResourceKind } from "./resource-kind.ts";
import { UNKNOWN } from "./unknown.ts";

type MacvtapEndpointOutputs = {
  readonly device: string;
  /** The character device that a QEMU opens. */
  readonly tapDevice: string;
  readonly tapMajor: number;
  readonly tapMinor: number;
  /** For a domain that is to use this endpoint (libvirt 5.8 and newer). */
  readonly interfaceXml: string;
  /** Arguments for a QEMU started by hand, whose shell opens `qemuRedirect`. */
  readonly qemuArgs: readonly string[];
  readonly qemuRedirect: string;
};

const kind = "MacvtapEndpoint";

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

const complete = ({ values, unknown, olds, seed, facts }: Draft<MacvtapEndpointInputs>): Completion => {
  const mark = text(olds.mark) ?? markFor(seed);
  const name = values.name ?? text(olds.name) ?? linkNameFor(seed);
  const mac = values.mac ?? keptMac(olds) ?? macFor(seed);
  const failures: Failure[] = [];
  const { host, uplink, mode } = values;
  const known = { mark, ...(unknown.has("name") ? {} : { name }), ...(unknown.has("mac") ? {} : { mac }) };
  if (host === undefined || uplink === undefined || mode === undefined || unknown.has("mac") || unknown.has("name")) {
    return { derived: { ...known, ref: UNKNOWN }, failures };
  }
  const limit = { nic: uplink.nic, mtu: values.mtu, uplinkMtu: uplink.mtu };
  if (facts !== undefined) failures.push(...endpointObjections(facts, limit));
  else if (values.mtu !== undefined && uplink.mtu !== undefined && values.mtu > uplink.mtu) {
    failures.push({ property: "mtu", reason: `${values.mtu} is above the uplink's MTU of ${uplink.mtu}` });
  }
  const claim = { host, link: uplink.nic, mac, mark };
  const other = claimMac(claim, facts);
  if (other !== undefined) failures.push({ property: "mac", reason: macTaken(claim, other) });
  const there = facts && findLink(facts, name);
  if (there && there.alias !== mark && !values.adopt) {
    failures.push({ property: "name", reason: new ForeignObject(host, `the link ${name}`, there.alias).message });
  }
  return { derived: { ...known, ref: { kind, host, uplink, device: name, mode, mac } }, failures };
};

const wantedOf = (inputs: MacvtapEndpointInputs): MacvtapWanted => ({
  name: inputs.name,
  lower: inputs.uplink.nic,
  mode: inputs.mode,
  mac: inputs.mac,
  ...(inputs.mtu === undefined ? {} : { mtu: inputs.mtu }),
  alias: inputs.mark,
  up: inputs.up,
  allMulticast: inputs.allMulticast,
});

const outputsOf = (inputs: MacvtapEndpointInputs, link: LinkFacts): MacvtapEndpointOutputs => {
  if (link.tap === null) {
    throw new KvmNetworkError(
      "no-tap",
      `${link.name} on ${inputs.host} has no /dev/tapN: is the macvtap driver there?`,
    );
  }
  const { path, major, minor } = link.tap;
  return {
    device: link.name,
    tapDevice: path,
    tapMajor: major,
    tapMinor: minor,
    interfaceXml: buildInterfaceXml({ kind: "ethernet", target: link.name, mac: inputs.mac }),
    qemuArgs: [
      "-netdev",
      `tap,id=${link.name},fd=${inputs.qemuFd}`,
      "-device",
      `virtio-net-pci,netdev=${link.name},mac=${inputs.mac}`,
    ],
    qemuRedirect: `${inputs.qemuFd}<>${path}`,
  };
};

/** Made by this resource; a link that lost its last step (the mark) to a fault is told by its name, address and uplink. */
const isOurs = (link: LinkFacts, inputs: MacvtapEndpointInputs): boolean =>
  link.alias === inputs.mark || (link.alias === null && link.mac === inputs.mac && link.lower === inputs.uplink.nic);

/** Why the kernel refused, in words that name who is in the way; else what the command said. */
const refusal = (facts: HostFacts, inputs: MacvtapEndpointInputs, said: Error): Error => {
  const wanted = wantedOf(inputs);
  const [objection] = endpointObjections(facts, { nic: wanted.lower, mtu: wanted.mtu });
  if (objection !== undefined)
    return new KvmNetworkError("uplink-refused", `${objection.property}: ${objection.reason}`);
  const claim = { host: inputs.host, link: wanted.lower, mac: inputs.mac, mark: inputs.mark };
  const owner = ownerInFacts(claim, facts);
  return owner === undefined ? said : new KvmNetworkError("mac-in-use", macTaken(claim, owner));
};

/** Tries to make a new one; undefined when something of that name is there already. */
const create = async (inputs: MacvtapEndpointInputs, host: Host): Promise<LinkFacts | undefined> => {
  const steps = createMacvtap(wantedOf(inputs));
  const what = `create the macvtap ${inputs.name} on ${inputs.uplink.nic} (${inputs.mode})`;
  const answer = await tryChange(host, inputs, kind, what, steps, { mayGather: true });
  if (answer.failed === undefined) return readMacvtap(answer, inputs.host);
  let failure = commandFailed(host, steps, answer);
  if (answer.failed > 0) {
    // Made, and then refused to come up: it is taken back, and asked for its reason on the way.
    const undo = undoMacvtap({ name: inputs.name, alias: inputs.mark });
    const undone = await tryChange(host, inputs, kind, `take back the half-made macvtap ${inputs.name}`, undo);
    if (undone.results[0] !== undefined && undone.results[0].status !== 0) {
      failure = commandFailed(host, undo, { results: undone.results, failed: 0 });
    }
  }
  const facts = await observe(host);
  if (findLink(facts, inputs.name) !== undefined) return undefined;
  throw refusal(facts, inputs, failure);
};

const ensure = async (
  inputs: MacvtapEndpointInputs,
  host: Host,
  previous: Properties | undefined,
): Promise<MacvtapEndpointOutputs> => {
  // A new one is not there, as a rule: try it, and look only if the host disagrees. One round trip instead of two.
  const made = previous === undefined ? await create(inputs, host) : undefined;
  if (made !== undefined) return outputsOf(inputs, made);

  const facts = await observe(host);
  const link = findLink(facts, inputs.name);
  if (link === undefined) {
    const again = await create(inputs, host);
    if (again !== undefined) return outputsOf(inputs, again);
    throw new ForeignObject(inputs.host, `the link ${inputs.name}`, null);
  }
  if (!isOurs(link, inputs) && !(inputs.adopt && link.kind === "macvtap")) {
    throw new ForeignObject(inputs.host, `the link ${inputs.name}`, link.alias);
  }
  const steps = changeMacvtap(link, wantedOf(inputs));
  if (steps.length === 0) return outputsOf(inputs, link);
  const answer = await tryChange(host, inputs, kind, `bring the macvtap ${inputs.name} to what is asked`, steps);
  if (answer.failed !== undefined) throw refusal(await observe(host), inputs, commandFailed(host, steps, answer));
  return outputsOf(inputs, readMacvtap(answer, inputs.host));
};

const modeOf = (link: LinkFacts, inputs: MacvtapEndpointInputs): MacvtapEndpointInputs["mode"] =>
  endpointModes.find((mode) => mode === link.macvtapMode) ?? inputs.mode;

/** A macvtap of its own on an uplink, for those who start QEMU themselves. */
export const macvtapEndpoint: ResourceKind<MacvtapEndpointInputs, MacvtapEndpointOutputs> = {
  kind,
  fields: macvtapEndpointFields,
  inputs: macvtapEndpointInputsSchema,
  links: ["uplink"],
  complete,
  replacedBy: (olds, news, changed) => {
    const moved = nicOfRef(olds.uplink) === nicOfRef(news.uplink) ? [] : ["uplink"];
    return [...moved, ...changed.filter((property) => property === "host" || property === "name")];
  },
  id: ({ host, name }) => `${host}/${name}`,
  ensure,
  observe: async (inputs, host) => {
    const link = findLink(await observe(host), inputs.name);
    if (link === undefined || link.kind !== "macvtap" || !isOurs(link, inputs)) return undefined;
    const observed = {
      ...inputs,
      mode: modeOf(link, inputs),
      mac: link.mac,
      up: link.up,
      allMulticast: link.allMulticast,
      ...(inputs.mtu === undefined ? {} : { mtu: link.mtu }),
    };
    return { inputs: observed, outputs: outputsOf(inputs, link) };
  },
  lasting: {
    applies: () => true,
    of: async (inputs) => ({
      records: [
        recordOf(
          { link: inputs.uplink.nic, name: `50-${inputs.name}`, makes: inputs.name },
          createMacvtap(wantedOf(inputs)),
        ),
      ],
      lasting: [{ what: "endpoint", name: inputs.name }],
      manager: inputs.uplink.networkManager,
    }),
  },
  remove: async (inputs, host) => {
    const steps = removeMacvtap({ name: inputs.name, alias: inputs.mark });
    const answer = await tryChange(host, inputs, kind, `remove the macvtap ${inputs.name}`, steps);
    // The first step looks whether it is there and ours: if not, there is nothing of ours to remove.
    if (answer.failed !== undefined && answer.failed > 0) throw commandFailed(host, steps, answer);
  },
};
