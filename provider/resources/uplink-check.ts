import { carriesSession, findLink, linksBelow, masterOf } from "../planning/index.ts";
import type { HostFacts, LinkFacts } from "../schema/facts.ts";
import { type UplinkInputs, uplinkInputsSchema } from "../schema/uplink.ts";
import { markFor } from "./identity.ts";
import type { Completion, Draft, Failure } from "./resource-kind.ts";
import { transactionMark } from "./transaction-mark.ts";
import { UNKNOWN } from "./unknown.ts";
import { findSameNic, identityOf, recordedIdentity } from "./uplink-identity.ts";
import { type ModeInputs, modeObjections } from "./uplink-modes.ts";
import { asks, asRecorded } from "./uplink-relay.ts";
import { asAsked, requestObjections } from "./uplink-request.ts";
import { vfCountObjections } from "./uplink-vfs.ts";

const bondMember = (facts: HostFacts, nic: LinkFacts): string | undefined => {
  const owner = masterOf(facts, nic);
  return nic.master !== null && findLink(facts, nic.master)?.kind === "bond"
    ? `${nic.name} of ${facts.hostname} is ${owner}: use the bond as the uplink`
    : undefined;
};

/** A VLAN link takes no larger frames than what it stands on, a bond none that a member doesn't. */
const mtuBelow = (facts: HostFacts, nic: LinkFacts, mtu: number): Failure[] => {
  const below = linksBelow(facts, nic);
  const lower = below.find((link) => nic.kind === "vlan" && link.name === nic.lower && mtu > link.mtu);
  if (lower !== undefined) {
    const reason = `${mtu} is above the MTU of ${lower.mtu} of ${lower.name}, on which ${nic.name} of ${facts.hostname} stands: raise that first, by an Uplink of it`;
    return [{ property: "mtu", reason }];
  }
  const member = below.find(({ maxMtu }) => nic.kind !== "vlan" && maxMtu !== undefined && mtu > maxMtu);
  if (member === undefined) return [];
  const reason = `${member.name}, a member of ${nic.name} of ${facts.hostname}, takes an MTU of at most ${member.maxMtu}`;
  return [{ property: "mtu", reason }];
};

/** What facts tell against managing this NIC so. */
export const objections = (
  facts: HostFacts,
  nic: LinkFacts,
  inputs: Pick<UplinkInputs, "mtu" | "up" | "reflectiveRelay" | "numVfs" | keyof ModeInputs>,
): Failure[] => {
  const { mtu, up, numVfs } = inputs;
  const failures: Failure[] = [
    ...requestObjections(facts, nic, inputs),
    ...vfCountObjections(facts, nic, numVfs),
    ...modeObjections(facts, nic, inputs),
  ];
  const member = bondMember(facts, nic);
  if (member !== undefined) failures.push({ property: "nic", reason: member });
  if (mtu !== undefined && nic.maxMtu !== undefined && mtu > nic.maxMtu) {
    failures.push({
      property: "mtu",
      reason: `${nic.name} of ${facts.hostname} takes an MTU of at most ${nic.maxMtu}`,
    });
  }
  if (mtu !== undefined) failures.push(...mtuBelow(facts, nic, mtu));
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
  return failures;
};

/** What a program says against itself. */
const contradictions = ({ embeddedSwitch, assume, numVfs = 0, up }: Partial<UplinkInputs>): Failure[] => {
  const failures: Failure[] = [];
  if (embeddedSwitch !== undefined && assume?.embeddedSwitch !== undefined) {
    failures.push({
      property: "assume.embeddedSwitch",
      reason: "embeddedSwitch sets the mode: there is nothing to assume of it; give one of the two",
    });
  }
  if (numVfs > 0 && up === false) {
    failures.push({ property: "up", reason: "a NIC that is down gives its VFs no link: leave up out, or numVfs" });
  }
  return failures;
};

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

export const complete = ({ values, unknown, olds, seed, facts }: Draft<UplinkInputs>): Completion => {
  const mark = typeof olds.mark === "string" ? olds.mark : markFor(seed);
  const failures: Failure[] = [];
  const { host, nic: selector, assume } = values;
  const decidesRef = ["mtu", "numVfs", "embeddedSwitch"].some((property) => unknown.has(property));
  if (host === undefined || selector === undefined || decidesRef) return { derived: { mark, ref: UNKNOWN }, failures };
  failures.push(...contradictions(values));

  let nic = typeof selector === "string" ? selector : undefined;
  // Resolved when facts were there: it stays while the choice does.
  const sameChoice = JSON.stringify(olds.nic) === JSON.stringify(selector);
  let identity = sameChoice ? recordedIdentity(olds) : undefined;
  if (facts !== undefined) {
    const found = findSameNic(facts, selector, identity);
    if ("problem" in found) failures.push({ property: "nic", reason: found.problem });
    else {
      nic = found.name;
      failures.push(...objections(facts, found, { ...values, up: values.up ?? true }));
      // A state of before it was recorded gets it from the next refresh: it is no change of the program's.
      if (olds.nic === undefined || !sameChoice || identity !== undefined) identity = identityOf(found);
    }
  } else {
    const before = uplinkInputsSchema.safeParse(olds).data;
    if (before !== undefined && sameChoice) nic = before.ref.nic;
  }
  if (nic === undefined) {
    failures.push({
      property: "nic",
      reason:
        "choosing a NIC by MAC, PCI address or driver needs the host's facts: pass host: await getHost(…), or give its name",
    });
    return { derived: { mark }, failures };
  }
  const embeddedSwitch = values.embeddedSwitch ?? assume?.embeddedSwitch;
  const ref = {
    kind: "Uplink",
    host,
    nic,
    ...(values.mtu === undefined ? {} : { mtu: values.mtu }),
    ...(values.numVfs === undefined ? {} : { numVfs: values.numVfs }),
    // A probe's result is an output: those that depend on this uplink get it with the ref (planning/relay.ts).
    reflectiveRelay: assume?.reflectiveRelay ?? "unknown",
    ...(embeddedSwitch === undefined ? {} : { embeddedSwitch }),
    ...(assume?.vfCapabilities === undefined ? {} : { vfCapabilities: assume.vfCapabilities }),
    ...(values.networkManager === undefined ? {} : { networkManager: values.networkManager }),
    ...(asks(values, "request") ? { relayRequested: true } : {}),
  };
  const probed = asks(values, "probe") ? { probed: text(olds.probed) ?? asRecorded } : {};
  const requested = asks(values, "request") ? { requested: asAsked } : {};
  const { mtu, numVfs, rollbackSeconds } = values;
  const changed = [...(mtu === undefined ? [] : [`MTU ${mtu}`]), ...(numVfs === undefined ? [] : [`${numVfs} VFs`])];
  const transaction = transactionMark(changed, nic, { facts, olds, rollbackSeconds });
  const known = identity === undefined || Object.keys(identity).length === 0 ? {} : { identity };
  const guarded = transaction === undefined ? {} : { transaction };
  return { derived: { mark, ref, ...known, ...probed, ...requested, ...guarded }, failures };
};
