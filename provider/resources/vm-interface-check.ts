import { isDeepStrictEqual } from "node:util";
import { bridgeOfVf, explain, type PlanRequest, plan, refusal } from "../planning/index.ts";
import type { HostFacts } from "../schema/facts.ts";
import { type InterfaceFeature, interfaceFeatures } from "../schema/libvirt-features.ts";
import { type Realization, realizationSchema } from "../schema/realization.ts";
import { type VmInterfaceInputs, vmInterfaceInputsSchema } from "../schema/vm-interface.ts";
import { type Vsi, vsiFactsSchema } from "../schema/vsi.ts";
import { keptMac, linkNameFor, macFor, markFor, userAlias, uuidFor } from "./identity.ts";
import { claimMac, macTaken, ownerInFacts } from "./mac-registry.ts";
import type { Completion, Draft, Failure, Properties } from "./resource-kind.ts";
import { UNKNOWN } from "./unknown.ts";
import { claimVlanLink } from "./vlan-link-claims.ts";
import { libvirtTooOld } from "./vm-interface-libvirt.ts";
import { fullIsolation, isPepa } from "./vm-interface-pepa.ts";
import { isHostdev } from "./vm-interface-vf.ts";
import { chooseVf, vfContradictions } from "./vm-interface-vf-check.ts";
import { inPlace } from "./vm-interface-vlan.ts";

type Values = Partial<VmInterfaceInputs>;

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** The switch knows the port by it: another one would be another port. */
const withInstanceId = (vsi: NonNullable<Values["vsi"]>, olds: Properties, seed: string): Vsi => {
  const kept = vsiFactsSchema.safeParse(olds.vsi).data?.instanceId;
  return { ...vsi, instanceId: vsi.instanceId ?? kept ?? uuidFor(seed) };
};

const bandwidthOptions = ({ bandwidth }: Values): InterfaceFeature[] => [
  ...(bandwidth === undefined ? [] : (["bandwidth"] as const)),
  ...(bandwidth?.inbound?.peakMbps === undefined ? [] : (["inboundPeak"] as const)),
  ...(bandwidth?.outbound?.peakMbps === undefined ? [] : (["outboundPeak"] as const)),
];

/** What is asked of libvirt beyond an interface. */
const optionsOf = (values: Values): InterfaceFeature[] => [
  ...(values.driver === undefined ? [] : (["driver"] as const)),
  ...(values.queues === undefined ? [] : (["queues"] as const)),
  ...(values.rxQueueSize === undefined ? [] : (["rxQueueSize"] as const)),
  ...(values.txQueueSize === undefined ? [] : (["txQueueSize"] as const)),
  ...(values.mtu === undefined ? [] : (["mtu"] as const)),
  ...(values.isolated ? (["isolated"] as const) : []),
  ...(values.trustGuestRxFilters ? (["trustGuestRxFilters"] as const) : []),
  ...(values.filter === undefined ? [] : (["filter"] as const)),
  ...(values.vsi === undefined ? [] : (["vsi"] as const)),
  ...(values.vlan === undefined ? [] : (["vlan"] as const)),
  ...bandwidthOptions(values),
  ...(values.bootOrder === undefined ? [] : (["bootOrder"] as const)),
  ...(values.linkState === "down" ? (["linkState"] as const) : []),
];

/** The bridge given, or the one that a VF given is a port of. */
const bridgeOf = ({ bridge, vf }: Values) => bridge ?? (vf && bridgeOfVf(vf));

/** The VF that is asked for. */
const vfOf = ({ vf, vfIndex, mark }: Values): PlanRequest["vf"] =>
  vfIndex === undefined || mark === undefined ? undefined : { index: vfIndex, alias: userAlias(mark), given: vf };

/** The request that the planner decides; undefined while the bridge is unknown. */
export const planRequest = (values: Values, current: unknown): PlanRequest | undefined => {
  const bridge = bridgeOf(values);
  if (bridge === undefined) return undefined;
  const kept = realizationSchema.safeParse(current).data;
  return {
    bridge,
    mode: values.mode,
    needs: values.needs ?? bridge.needs ?? [],
    vf: vfOf(values),
    mtu: values.mtu,
    vlan: values.vlan,
    options: optionsOf(values),
    allMulticast: values.allMulticast ?? true,
    current: kept?.kind,
  };
};

/** What can be told without the host. */
const contradictions = (values: Values, unknown: ReadonlySet<string>): Failure[] => {
  const failures: Failure[] = [];
  const given = (name: "bridge" | "endpoint" | "vf") => values[name] !== undefined || unknown.has(name);
  if (given("bridge") && given("endpoint")) {
    failures.push({ property: "endpoint", reason: "an interface sits on a bridge or on an endpoint, not on both" });
  }
  if (!given("bridge") && !given("endpoint") && !given("vf")) {
    const reason = "give the bridge (or the endpoint, or the VF) that this interface sits on";
    failures.push({ property: "bridge", reason });
  }
  if (given("endpoint") && values.mode !== undefined) {
    failures.push({ property: "mode", reason: "the endpoint has its own mode: leave this out" });
  }
  if (given("endpoint") && values.needs !== undefined && values.needs.length > 0) {
    failures.push({
      property: "needs",
      reason: "the endpoint is chosen already: needs are served where a bridge is given",
    });
  }
  const on = values.bridge ?? values.endpoint;
  if (on !== undefined && values.host !== undefined && on.host !== values.host) {
    failures.push({
      property: values.bridge ? "bridge" : "endpoint",
      reason: `it is on the host ${on.host}, and this interface on ${values.host}: both must be the same host`,
    });
  }
  if (given("endpoint") && values.vsi !== undefined) {
    failures.push({ property: "vsi", reason: interfaceFeatures.vsi.ethernet.never });
  }
  if (given("endpoint") && values.vlan !== undefined) {
    const remedy = "make the endpoint on an Uplink of a VLAN link, or give a bridge in place of the endpoint";
    failures.push({ property: "vlan", reason: `the endpoint is in the VLAN of its uplink: ${remedy}` });
  }
  if (given("endpoint") && values.bandwidth?.inbound?.peakMbps !== undefined) {
    const reason = `${interfaceFeatures.inboundPeak.ethernet.never}: leave peakMbps out`;
    failures.push({ property: "bandwidth", reason });
  }
  for (const property of ["queues", "rxQueueSize", "txQueueSize", "driver"] as const) {
    if (values[property] !== undefined && values.model !== undefined && values.model !== "virtio") {
      failures.push({ property, reason: `only a virtio NIC has it, and the model is ${values.model}` });
    }
  }
  return failures;
};

/** What facts tell about the domain. */
const domainObjections = (values: Values, facts: HostFacts | undefined, hints: Properties): Failure[] => {
  if (facts === undefined || values.domain === undefined) return [];
  if (facts.libvirt === null) {
    return [
      {
        property: "domain",
        reason: `there is no virsh on ${facts.hostname}: install libvirt there, or leave domain out`,
      },
    ];
  }
  if (!facts.libvirt.running) {
    return [
      { property: "domain", reason: `libvirt on ${facts.hostname} does not answer: ${facts.libvirt.problem ?? ""}` },
    ];
  }
  const tooOld = libvirtTooOld(facts, values);
  if (tooOld !== undefined) return [{ property: "domain", reason: tooOld }];
  if (hints.domainIsMadeHere === true || facts.domains.some(({ name }) => name === values.domain)) return [];
  const there = facts.domains.map(({ name }) => name).join(", ") || "none";
  return [
    {
      property: "domain",
      reason:
        `there is no domain ${values.domain} on ${facts.hostname}; its domains are: ${there}. ` +
        "If another resource of this program makes it, pass that resource's output instead of the name",
    },
  ];
};

export const complete = ({ values, unknown, olds, seed, facts, hints }: Draft<VmInterfaceInputs>): Completion => {
  const mark = text(olds.mark) ?? markFor(seed);
  const failures = [
    ...contradictions(values, unknown),
    ...vfContradictions(values),
    ...domainObjections(values, facts, hints),
  ];
  const mac = values.endpoint?.mac ?? values.vf?.mac ?? values.mac ?? keptMac(olds) ?? macFor(seed);
  if (values.endpoint !== undefined && values.mac !== undefined && values.mac !== values.endpoint.mac) {
    failures.push({ property: "mac", reason: `the endpoint has the address ${values.endpoint.mac}: leave mac out` });
  }
  const target = values.endpoint?.device ?? text(olds.target) ?? linkNameFor(seed);
  // Facts enter and do not leave: what they decide once is kept, or it would flip when they are not at hand.
  const driver =
    values.driver ??
    text(olds.driver) ??
    (facts && (values.model ?? "virtio") === "virtio" ? (facts.vhostNet ? "vhost" : "qemu") : undefined);
  const derived = {
    mark,
    target,
    ...(values.vsi === undefined ? {} : { vsi: withInstanceId(values.vsi, olds, seed) }),
    ...(values.domain === undefined && !unknown.has("domain") ? {} : { attachment: "complete" }),
  };
  const ofVirtio = driver === undefined || (values.model ?? "virtio") !== "virtio" ? {} : { driver };
  if (
    unknown.has("mac") ||
    (values.bridge === undefined && values.endpoint === undefined && values.vf === undefined) ||
    values.host === undefined
  ) {
    return {
      derived: {
        ...derived,
        ...ofVirtio,
        mac: unknown.has("mac") ? UNKNOWN : mac,
        realization: UNKNOWN,
        plan: UNKNOWN,
      },
      failures,
    };
  }

  const on = bridgeOf(values);
  const { vfIndex, failure } = on?.type === "embedded" ? chooseVf(values, olds, mark, facts) : {};
  const withVf = { ...values, mark, ...(vfIndex === undefined ? {} : { vfIndex }) };
  const { realization, mode, uplink, refused } = realize(withVf, olds, facts);
  if (values.endpoint === undefined) {
    const link = realization?.source ?? on?.device ?? on?.uplink?.nic ?? "";
    const claim = { host: values.host, link, mac, mark, vfIndex };
    // The address of a SriovVirtualFunction is that resource's to claim.
    const other = values.vf?.mac === undefined ? claimMac(claim, facts) : facts && ownerInFacts(claim, facts);
    if (other !== undefined) failures.push({ property: "mac", reason: macTaken(claim, other) });
  }
  if (refused !== undefined) failures.push(refused);
  // What the host says against all its VFs says more than that none was left.
  else if (failure !== undefined) failures.push(failure);
  if (realization !== undefined && isHostdev({ realization }) && (values.model ?? "virtio") !== "virtio") {
    failures.push({ property: "model", reason: "the guest has the VF itself: leave model out" });
  }
  const vlanLink = realization === undefined ? undefined : vlanLinkBelow(values, realization);
  if (vlanLink !== undefined) claimVlanLink({ host: values.host, link: vlanLink.name, mark });
  const macvtap = realization !== undefined && isMacvtap({ realization });
  if (values.allMulticast !== undefined && realization !== undefined && !macvtap) {
    failures.push({
      property: "allMulticast",
      reason: `it concerns macvtaps that libvirt makes, and this is a ${realization.kind}`,
    });
  }
  const ofVf = vfIndex === undefined ? {} : { vfIndex };
  return {
    derived: {
      ...derived,
      ...(realization !== undefined && isHostdev({ realization }) ? {} : ofVirtio),
      mac,
      ...(macvtap ? { allMulticast: values.allMulticast ?? true } : {}),
      ...(realization !== undefined && isPepa({ realization }) ? { isolation: fullIsolation } : {}),
      ...(vlanLink === undefined ? {} : { vlanLink }),
      realization: realization ?? UNKNOWN,
      ...ofVf,
      plan: {
        host: values.host,
        ...(uplink === undefined ? {} : { uplink }),
        ...(mode === undefined ? {} : { mode }),
        ...(values.vlan === undefined ? {} : { vlan: values.vlan }),
        mac,
        realization: realization?.kind ?? "none",
        ...ofVf,
      },
    },
    failures,
  };
};

/** libvirt makes it, or we do. */
const isMacvtap = ({ realization: { kind } }: Pick<VmInterfaceInputs, "realization">): boolean =>
  kind === "vf-passthrough" || (kind.startsWith("macvtap-") && kind !== "macvtap-endpoint");

/** The VLAN link that a macvtap stands on: its realization's source, and not the uplink. */
const vlanLinkBelow = ({ vlan }: Values, { kind, source }: Realization) =>
  typeof vlan === "number" && kind.startsWith("macvtap-") ? { name: source, state: inPlace } : undefined;

/** Of the VLAN link, the name that was found when facts were there. */
const keptSource = (values: Values, olds: Properties, { kind, source }: Realization): string => {
  const before = vmInterfaceInputsSchema.partial().safeParse({
    realization: olds.realization,
    vlan: olds.vlan,
    plan: olds.plan,
    vlanLink: olds.vlanLink,
  }).data;
  const same =
    before?.vlanLink !== undefined &&
    before.realization?.kind === kind &&
    before.plan?.uplink === values.bridge?.uplink?.nic &&
    isDeepStrictEqual(before.vlan, values.vlan);
  return same ? (before.vlanLink?.name ?? source) : source;
};

const realize = (values: Values, olds: Properties, facts: HostFacts | undefined) => {
  const { endpoint } = values;
  if (endpoint !== undefined) {
    const realization = { kind: "macvtap-endpoint" as const, source: endpoint.device, because: ["endpoint-given"] };
    return { realization, mode: undefined, uplink: endpoint.uplink.nic, refused: undefined };
  }
  const request = planRequest(values, olds.realization);
  const decided = request && plan(request, facts);
  const found = decided?.realization;
  const realization =
    found === undefined || facts !== undefined ? found : { ...found, source: keptSource(values, olds, found) };
  return {
    realization,
    mode: decided?.mode,
    uplink: bridgeOf(values)?.uplink?.nic,
    refused: decided === undefined || decided.realization !== undefined ? undefined : refusal(decided),
  };
};

/** Every candidate and why, for the outputs. */
export const explanation = (inputs: VmInterfaceInputs, facts?: HostFacts): string[] => {
  if (inputs.endpoint !== undefined)
    return [`taken: the endpoint ${inputs.endpoint.device} (${inputs.endpoint.mode}), as asked`];
  const request = planRequest(inputs, inputs.realization);
  return request === undefined ? [] : explain(plan(request, facts));
};
