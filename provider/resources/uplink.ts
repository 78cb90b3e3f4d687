import { isDeepStrictEqual } from "node:util";
import { observe } from "../discovery/observe.ts";
import type { Host } from "../host/host.ts";
import type { EvbSettings } from "../links/evb.ts";
import { changeNic, nicAtBoot } from "../links/nic.ts";
import { recordOf } from "../persistence/kept-file.ts";
import {
  carriesSession,
  findLink,
  type ModeEvidence,
  type Relay,
  type RelayProbe,
  type UplinkFacts,
  uplinkEvidence,
  uplinkFacts,
  withRelay,
} from "../planning/index.ts";
import { KvmNetworkError } from "../schema/error.ts";
import type { HostFacts, LinkFacts } from "../schema/facts.ts";
import { type NicIdentity, type UplinkInputs, uplinkFields, uplinkInputsSchema } from "../schema/uplink.ts";
import { bootGuardOf } from "./boot-guard.ts";
import { changeNetwork } from "./change-carrier.ts";
import type { Steps } from "./change-host.ts";
import { nicOfRef } from "./nic-of-ref.ts";
import { noteOriginal } from "./original-note.ts";
import { keepingIfUnknown, PartlyMade } from "./partly-made.ts";
import type { Noted, Properties, ResourceKind } from "./resource-kind.ts";
import { complete, objections } from "./uplink-check.ts";
import { findRecordedNic, findSameNic, identityOf, recordedIdentity } from "./uplink-identity.ts";
import { observeSriov, originalSriov, restoreSriov, sriovBefore } from "./uplink-original.ts";
import { asks, probeAtRefresh, probeAtUpdate, relayOn } from "./uplink-relay.ts";
import { ensureRequest, evbBefore, observeRequest, originalEvb, withdrawRequest } from "./uplink-request.ts";
import { bringSriovTo, type SriovWanted, sriovWanted } from "./uplink-sriov.ts";

type UplinkOutputs = {
  /** The NIC's name on the host. */
  readonly device: string;
  /** What was there before, restored on delete. */
  readonly original: SriovWanted & { readonly mtu: number; readonly up: boolean; readonly evb?: EvbSettings };
  /** By what it is found again when it is called something else. */
  readonly identity: NicIdentity;
  readonly facts: UplinkFacts;
  /** The modes that each type of bridge supports on it. */
  readonly supportedModes: UplinkFacts["supportedModes"];
  /** Why each is supported, or is not. */
  readonly evidence: readonly ModeEvidence[];
  /** Whether the adjacent switch reflects, who says so, and since when. */
  readonly relay: Relay;
  /** What the last probe found, whatever is stated. */
  readonly probe?: RelayProbe;
};

const nicOf = (facts: HostFacts, inputs: UplinkInputs, identity: NicIdentity | undefined): LinkFacts => {
  const found = findSameNic(facts, inputs.ref.nic, identity);
  if ("problem" in found) throw new KvmNetworkError("nic-not-found", found.problem);
  return found;
};

const outputsOf = (
  inputs: UplinkInputs,
  facts: HostFacts,
  nic: LinkFacts,
  original: UplinkOutputs["original"],
  probe: RelayProbe | undefined,
): UplinkOutputs => {
  const relay = relayOn(facts, nic, inputs, probe);
  const ref = withRelay(inputs.ref, relay);
  const ofUplink = uplinkFacts(facts, nic, ref);
  return {
    device: nic.name,
    original,
    identity: identityOf(nic),
    facts: ofUplink,
    supportedModes: ofUplink.supportedModes,
    evidence: uplinkEvidence(facts, nic, ref),
    relay,
    ...(probe === undefined ? {} : { probe }),
  };
};

const originalOf = (previous: Properties | undefined, nic: LinkFacts): UplinkOutputs["original"] => {
  const before = previous?.original;
  const evb = originalEvb(previous);
  return {
    ...(typeof before === "object" && before !== null && "mtu" in before && "up" in before
      ? { mtu: Number(before.mtu), up: Boolean(before.up) }
      : { mtu: nic.mtu, up: nic.up }),
    ...originalSriov(previous),
    ...(evb === undefined ? {} : { evb }),
  };
};

const masterIn = ({ links }: HostFacts, { master }: LinkFacts): LinkFacts | undefined =>
  links.find(({ name }) => name === master);

const notedOf = ({ host, mark, ref }: Properties): Noted => ({ kind: "Uplink", host, mark, nic: nicOfRef(ref) });

const changeTo = async (
  inputs: UplinkInputs,
  host: Host,
  facts: HostFacts,
  nic: LinkFacts,
  what: string,
  steps: Steps,
): Promise<void> => {
  if (steps.length > 0) await changeNetwork(host, inputs, "Uplink", what, { facts, nic, steps });
};

const ensure = async (inputs: UplinkInputs, host: Host, previous: Properties | undefined): Promise<UplinkOutputs> => {
  const before = await observe(host);
  const identity = recordedIdentity(previous);
  const nic = nicOf(before, inputs, identity);
  const [objection] = objections(before, nic, inputs);
  if (objection !== undefined)
    throw new KvmNetworkError("uplink-refused", `${objection.property}: ${objection.reason}`);
  const { evb: asked, ...ofNic } = originalOf(previous, nic);
  const found = await evbBefore(inputs, host, nic.name);
  const evb = asked ?? found;
  const sriov = await sriovBefore(inputs, host, nic, previous);
  const original = { ...ofNic, ...sriov, ...(evb === undefined ? {} : { evb }) };
  const wanted = { up: inputs.up, ...(inputs.mtu === undefined ? {} : { mtu: inputs.mtu }) };
  const steps = changeNic(nic, wanted, masterIn(before, nic));
  const changesSriov = !isDeepStrictEqual({ ...sriov, ...sriovWanted(inputs) }, sriov);
  if (steps.length > 0 || changesSriov || evb !== undefined)
    await noteOriginal(host, inputs, notedOf(inputs), { original }, previous);
  const changing = changeTo(inputs, host, before, nic, `set ${nic.name} to ${JSON.stringify(wanted)}`, steps);
  await changing.catch(keepingIfUnknown({ original }));
  const outputs = (after: HostFacts, before: UplinkOutputs["original"], probe?: RelayProbe) =>
    outputsOf(inputs, after, nicOf(after, inputs, identity), before, probe);
  try {
    // The NIC is up by now: of one that is down some drivers drop what is set of its VFs.
    await bringSriovTo(inputs, host, nic.name, sriovWanted(inputs));
    await ensureRequest(inputs, host, nic.name, found, previous);
    // Before the probe, which leaves nothing behind.
    const after = await observe(host);
    const probe = await probeAtUpdate(inputs, host, nic, previous);
    return outputs(after, asks(inputs, "request") ? original : { ...ofNic, ...sriov }, probe);
  } catch (error) {
    // The NIC is as asked, or partly so, and what it was before must not be forgotten.
    throw error instanceof Error ? new PartlyMade(outputs(await observe(host), original), error) : error;
  }
};

/** The NIC of a server that belongs to its owner: only what is managed is changed, and put back on delete. */
export const uplink: ResourceKind<UplinkInputs, UplinkOutputs> = {
  kind: "Uplink",
  fields: uplinkFields,
  inputs: uplinkInputsSchema,
  links: [],
  complete,
  replacedBy: (olds, news, changed) => {
    const moved = changed.includes("host") ? ["host"] : [];
    const [before, after] = [recordedIdentity(olds), recordedIdentity(news)];
    const isRenamed = before !== undefined && isDeepStrictEqual(before, after);
    return nicOfRef(olds.ref) === nicOfRef(news.ref) || isRenamed ? moved : [...moved, "ref"];
  },
  id: ({ host, ref }) => `${host}/${ref.nic}`,
  ensure,
  notedOf,
  observe: async (inputs, host, previous) => {
    const facts = await observe(host);
    const found = findRecordedNic(facts, inputs.ref.nic, recordedIdentity(previous));
    if ("problem" in found) return undefined;
    const { probe, probed } = await probeAtRefresh(inputs, host, found, previous);
    // What a driver no longer tells of is shown as gone.
    const { embeddedSwitch: _switch, eswitchMode: _mode, sourcePruning: _pruning, ...others } = inputs;
    const observed = {
      ...others,
      up: found.up,
      ...(inputs.mtu === undefined ? {} : { mtu: found.mtu }),
      ...(probed === undefined ? {} : { probed }),
      ...(await observeSriov(inputs, host, found)),
      ...(await observeRequest(inputs, host, found.name)),
    };
    return { inputs: observed, outputs: outputsOf(inputs, facts, found, originalOf(previous, found), probe) };
  },
  lasting: {
    applies: () => true,
    of: async (inputs, host, { device: nic, identity: { pci } }) => {
      const { mtu, up, numVfs, networkManager: manager } = inputs;
      const wanted = { ...(mtu === undefined ? {} : { mtu }), up, ...sriovWanted(inputs) };
      const facts = await observe(host);
      const link = findLink(facts, nic);
      return {
        records: [recordOf({ link: nic, name: "10-uplink" }, nicAtBoot({ name: nic, pci: pci ?? null }, wanted))],
        lasting: [{ what: "nic", nic, mtu, numVfs }],
        manager,
        guard: link && bootGuardOf(facts, link, inputs),
      };
    },
  },
  remove: async (inputs, host, previous) => {
    const facts = await observe(host);
    const nic = findRecordedNic(facts, inputs.ref.nic, recordedIdentity(previous));
    if ("problem" in nic) return;
    await withdrawRequest(inputs, host, nic.name, previous);
    await restoreSriov(inputs, host, facts, nic, previous);
    const original = originalOf(previous, nic);
    // Somebody changed it since: then it is theirs.
    const mtu = inputs.mtu !== undefined && nic.mtu === inputs.mtu ? { mtu: original.mtu } : {};
    const up = nic.up === inputs.up && !carriesSession(facts, nic) ? { up: original.up } : {};
    const steps = changeNic(nic, { ...mtu, ...up }, masterIn(facts, nic));
    await changeTo(inputs, host, facts, nic, `restore ${nic.name}`, steps);
  },
};
