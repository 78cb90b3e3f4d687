import { carriesSession, findNic, masterOf } from "../planning/index.ts";
import type { HostFacts, LinkFacts } from "../schema/facts.ts";
import { type UplinkInputs, uplinkInputsSchema } from "../schema/uplink.ts";
import { markFor } from "./identity.ts";
import type { Completion, Draft, Failure } from "./resource-kind.ts";
import { UNKNOWN } from "./unknown.ts";
import { asks, asRecorded } from "./uplink-relay.ts";
import { asAsked, requestObjections } from "./uplink-request.ts";

const bondMember = (facts: HostFacts, nic: LinkFacts): string | undefined => {
  const owner = masterOf(facts, nic);
  return owner?.includes("bond")
    ? `${nic.name} of ${facts.hostname} is ${owner}: use the bond as the uplink`
    : undefined;
};

/** What facts tell against managing this NIC so. */
export const objections = (
  facts: HostFacts,
  nic: LinkFacts,
  inputs: Pick<UplinkInputs, "mtu" | "up" | "reflectiveRelay">,
): Failure[] => {
  const { mtu, up } = inputs;
  const failures: Failure[] = requestObjections(facts, nic, inputs);
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

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

export const complete = ({ values, unknown, olds, seed, facts }: Draft<UplinkInputs>): Completion => {
  const mark = typeof olds.mark === "string" ? olds.mark : markFor(seed);
  const failures: Failure[] = [];
  const { host, nic: selector, assume } = values;
  if (host === undefined || selector === undefined || unknown.has("mtu") || unknown.has("numVfs")) {
    return { derived: { mark, ref: UNKNOWN }, failures };
  }

  let nic = typeof selector === "string" ? selector : undefined;
  if (facts !== undefined) {
    const found = findNic(facts, selector);
    if ("problem" in found) failures.push({ property: "nic", reason: found.problem });
    else {
      nic = found.name;
      failures.push(...objections(facts, found, { ...values, up: values.up ?? true }));
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
    ...(values.numVfs === undefined ? {} : { numVfs: values.numVfs }),
    // A probe's result is an output: those that depend on this uplink get it with the ref (planning/relay.ts).
    reflectiveRelay: assume?.reflectiveRelay ?? "unknown",
    ...(assume?.embeddedSwitch === undefined ? {} : { embeddedSwitch: assume.embeddedSwitch }),
    ...(assume?.vfCapabilities === undefined ? {} : { vfCapabilities: assume.vfCapabilities }),
    ...(values.networkManager === undefined ? {} : { networkManager: values.networkManager }),
    ...(asks(values, "request") ? { relayRequested: true } : {}),
  };
  const probed = asks(values, "probe") ? { probed: text(olds.probed) ?? asRecorded } : {};
  const requested = asks(values, "request") ? { requested: asAsked } : {};
  return { derived: { mark, ref, ...probed, ...requested }, failures };
};
