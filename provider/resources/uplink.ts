import { observe } from "../discovery/observe.ts";
import type { Host } from "../host/host.ts";
import { changeNic } from "../links/nic.ts";
import { findNic, masterOf, type UplinkFacts, uplinkFacts } from "../planning/index.ts";
import { KvmNetworkError } from "../schema/error.ts";
import type { HostFacts, LinkFacts } from "../schema/facts.ts";
import { type UplinkInputs, uplinkFields, uplinkInputsSchema } from "../schema/uplink.ts";
import { carriesSession } from "./carries-session.ts";
import { changeHost } from "./change-host.ts";
import { markFor } from "./identity.ts";
import { nicOfRef } from "./nic-of-ref.ts";
import type { Completion, Draft, Failure, Properties, ResourceKind } from "./resource-kind.ts";
import { UNKNOWN } from "./unknown.ts";

type UplinkOutputs = {
  /** The NIC's name on the host. */
  readonly device: string;
  /** What was there before, restored on delete. */
  readonly original: { readonly mtu: number; readonly up: boolean };
  readonly facts: UplinkFacts;
  /** The modes that each type of bridge supports on it. */
  readonly supportedModes: UplinkFacts["supportedModes"];
};

const bondMember = (facts: HostFacts, nic: LinkFacts): string | undefined => {
  const owner = masterOf(facts, nic);
  return owner?.includes("bond")
    ? `${nic.name} of ${facts.hostname} is ${owner}: use the bond as the uplink`
    : undefined;
};

/** What facts tell against managing this NIC so. */
const objections = (facts: HostFacts, nic: LinkFacts, { mtu, up }: Pick<UplinkInputs, "mtu" | "up">): Failure[] => {
  const failures: Failure[] = [];
  const member = bondMember(facts, nic);
  if (member !== undefined) failures.push({ property: "nic", reason: member });
  if (mtu !== undefined && nic.maxMtu !== undefined && mtu > nic.maxMtu) {
    failures.push({
      property: "mtu",
      reason: `${nic.name} of ${facts.hostname} takes an MTU of at most ${nic.maxMtu}`,
    });
  }
  if (mtu !== undefined && nic.minMtu !== undefined && mtu < nic.minMtu) {
    failures.push({
      property: "mtu",
      reason: `${nic.name} of ${facts.hostname} takes an MTU of at least ${nic.minMtu}`,
    });
  }
  const session = carriesSession(facts, nic);
  if (session && !up) {
    failures.push({
      property: "up",
      reason: `${nic.name} carries the SSH session (${session}): taking it down cuts the host off`,
    });
  }
  if (session && mtu !== undefined && mtu !== nic.mtu) {
    failures.push({
      property: "mtu",
      reason: `${nic.name} carries the SSH session (${session}): its MTU is not changed over the very session, do it at the host`,
    });
  }
  return failures;
};

const complete = ({ values, unknown, olds, seed, facts }: Draft<UplinkInputs>): Completion => {
  const mark = typeof olds.mark === "string" ? olds.mark : markFor(seed);
  const failures: Failure[] = [];
  const { host, nic: selector, assume } = values;
  if (host === undefined || selector === undefined || unknown.has("mtu")) {
    return { derived: { mark, ref: UNKNOWN }, failures };
  }

  let nic = typeof selector === "string" ? selector : undefined;
  if (facts !== undefined) {
    const found = findNic(facts, selector);
    if ("problem" in found) failures.push({ property: "nic", reason: found.problem });
    else {
      nic = found.name;
      failures.push(...objections(facts, found, { mtu: values.mtu, up: values.up ?? true }));
    }
  } else {
    const before = uplinkInputsSchema.safeParse(olds).data;
    // Resolved when facts were there: it stays while the choice does.
    if (before !== undefined && JSON.stringify(before.nic) === JSON.stringify(selector)) nic = before.ref.nic;
  }
  if (nic === undefined) {
    failures.push({
      property: "nic",
      reason:
        "choosing a NIC by MAC, PCI address or driver needs the host's facts: pass host: await getHost(…), or give its name",
    });
    return { derived: { mark }, failures };
  }
  const ref = {
    kind: "Uplink",
    host,
    nic,
    ...(values.mtu === undefined ? {} : { mtu: values.mtu }),
    reflectiveRelay: assume?.reflectiveRelay ?? "unknown",
  };
  return { derived: { mark, ref }, failures };
};

const nicOf = (facts: HostFacts, inputs: UplinkInputs): LinkFacts => {
  const found = findNic(facts, inputs.ref.nic);
  if ("problem" in found) throw new KvmNetworkError("nic-not-found", found.problem);
  return found;
};

const outputsOf = (facts: HostFacts, nic: LinkFacts, original: UplinkOutputs["original"]): UplinkOutputs => {
  const ofUplink = uplinkFacts(facts, nic);
  return { device: nic.name, original, facts: ofUplink, supportedModes: ofUplink.supportedModes };
};

const originalOf = (previous: Properties | undefined, nic: LinkFacts): UplinkOutputs["original"] => {
  const before = previous?.original;
  return typeof before === "object" && before !== null && "mtu" in before && "up" in before
    ? { mtu: Number(before.mtu), up: Boolean(before.up) }
    : { mtu: nic.mtu, up: nic.up };
};

const ensure = async (inputs: UplinkInputs, host: Host, previous: Properties | undefined): Promise<UplinkOutputs> => {
  const before = await observe(host);
  const nic = nicOf(before, inputs);
  const [objection] = objections(before, nic, inputs);
  if (objection !== undefined)
    throw new KvmNetworkError("uplink-refused", `${objection.property}: ${objection.reason}`);
  const original = originalOf(previous, nic);
  const wanted = { up: inputs.up, ...(inputs.mtu === undefined ? {} : { mtu: inputs.mtu }) };
  const steps = changeNic(nic, wanted);
  if (steps.length === 0) return outputsOf(before, nic, original);
  await changeHost(host, inputs, "Uplink", `set ${nic.name} to ${JSON.stringify(wanted)}`, steps);
  const after = await observe(host);
  return outputsOf(after, nicOf(after, inputs), original);
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
    return nicOfRef(olds.ref) === nicOfRef(news.ref) ? moved : [...moved, "ref"];
  },
  id: ({ host, ref }) => `${host}/${ref.nic}`,
  ensure,
  observe: async (inputs, host, previous) => {
    const facts = await observe(host);
    const found = findNic(facts, inputs.ref.nic);
    if ("problem" in found) return undefined;
    const observed = { ...inputs, up: found.up, ...(inputs.mtu === undefined ? {} : { mtu: found.mtu }) };
    return { inputs: observed, outputs: outputsOf(facts, found, originalOf(previous, found)) };
  },
  remove: async (inputs, host, previous) => {
    const facts = await observe(host);
    const nic = findNic(facts, inputs.ref.nic);
    if ("problem" in nic) return;
    const original = originalOf(previous, nic);
    // Somebody changed it since: then it is theirs.
    const mtu = inputs.mtu !== undefined && nic.mtu === inputs.mtu ? { mtu: original.mtu } : {};
    const up = nic.up === inputs.up && !carriesSession(facts, nic) ? { up: original.up } : {};
    const steps = changeNic(nic, { ...mtu, ...up });
    if (steps.length > 0) await changeHost(host, inputs, "Uplink", `restore ${nic.name}`, steps);
  },
};
