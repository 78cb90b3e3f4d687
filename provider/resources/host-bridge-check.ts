import {
  addressesMovedBy,
  bridgeRefusal,
  bridgeUnderRelay,
  findLink,
  hasEmbeddedSwitch,
  missingForPepa,
  nicsBelow,
  noBridge,
  noUplink,
} from "../planning/index.ts";
import type { HostFacts, LinkFacts } from "../schema/facts.ts";
import { type HostBridgeInputs, linuxBridgeFields } from "../schema/host-bridge.ts";
import { settledBridge } from "../schema/linux-bridge-settings.ts";
import type { BridgingMode } from "../schema/mode.ts";
import { addressManagers } from "../schema/network-manager.ts";
import { settledVlans, vlanFailures, vlansOfRef } from "./bridge-vlans.ts";
import { endpointObjections } from "./endpoint-objections.ts";
import { ForeignObject } from "./foreign.ts";
import { linkNameFor, markFor } from "./identity.ts";
import type { Completion, Draft, Failure, Properties } from "./resource-kind.ts";
import { transactionMark } from "./transaction-mark.ts";
import { UNKNOWN } from "./unknown.ts";

type Values = Partial<HostBridgeInputs>;

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

const unlessSaid = (what: string) => `If it does not, say acknowledge: ["${what}"]`;

/** What facts tell against enslaving this NIC to a bridge of ours. */
export const enslavingObjections = (facts: HostFacts, nic: LinkFacts, values: Values): Failure[] => {
  const { name: bridge, moveAddresses, mac, acknowledge = [] } = values;
  const refused = bridgeRefusal(facts, nic, { bridge, moveAddresses });
  if (moveAddresses && mac !== undefined && mac !== nic.mac && !acknowledge.includes("mac")) {
    const reason = `a switch with port security shuts the port that the host is reached by when it shows another address than ${nic.mac}, and no host can take that back. ${unlessSaid("mac")}`;
    return [{ property: "mac", reason }];
  }
  return refused === undefined ? [] : [{ property: "uplink", reason: `${refused.reason}: ${refused.remedy}` }];
};

/** A bridge takes any MTU, and drops what its uplink can't send. */
export const mtuObjections = (mtu: number | undefined, uplinkMtu: number | undefined, nic: LinkFacts): Failure[] => {
  const limit = uplinkMtu ?? nic.mtu;
  return mtu === undefined || mtu <= limit
    ? []
    : [{ property: "mtu", reason: `${mtu} is above the MTU of ${limit} of ${nic.name}: raise the Uplink's mtu first` }];
};

/** What the adjacent switch may answer by shutting its port for good is not done unless somebody has said yes to it. */
const moveFailures = (values: Values, manager: HostBridgeInputs["addressManager"]): Failure[] => {
  const { moveAddresses = false, acknowledge = [], stp = false, gateway, persist, uplinkPort } = values;
  if (!moveAddresses) {
    return gateway === undefined
      ? []
      : [{ property: "gateway", reason: "is the host's, by the bridge: give moveAddresses: true as well" }];
  }
  const failures: Failure[] = [];
  if (gateway !== undefined && manager !== undefined) {
    const reason = `the uplink is configured by ${manager}, which says by which gateway the host is reached: change it there`;
    failures.push({ property: "gateway", reason });
  }
  if (stp && !acknowledge.includes("stp")) {
    const reason = `a switch with BPDU guard shuts the port that the host is reached by, and no host can take that back. ${unlessSaid("stp")}`;
    failures.push({ property: "stp", reason });
  }
  if (persist === true && manager === undefined) {
    const reason =
      "what moves the host's own addresses is done again at boot where systemd-networkd, NetworkManager or ifupdown configures them, and nowhere else by this version: leave persist out; the next `pulumi up` after a reboot does it";
    failures.push({ property: "persist", reason });
  }
  if (manager === "NetworkManager" && uplinkPort?.isolated) {
    const reason =
      "NetworkManager, which makes the uplink a port when the host boots, knows no isolated ones: leave it out";
    failures.push({ property: "uplinkPort", reason });
  }
  return failures;
};

const hypervisorFailures = (
  values: Values,
  manager: HostBridgeInputs["addressManager"],
  name: string,
  mark: string,
  facts: HostFacts | undefined,
): Failure[] => {
  const failures: Failure[] = [];
  const { uplink, mtu, stp, forwardDelaySeconds } = values;
  failures.push(...moveFailures(values, manager));
  const reflecting = bridgeUnderRelay(uplink);
  if (reflecting !== undefined)
    failures.push({ property: "type", reason: `${reflecting.reason}. ${reflecting.remedy}` });
  if (values.mode !== undefined && values.mode !== "all" && values.mode.some((mode) => mode !== "veb")) {
    failures.push({ property: "mode", reason: "a Linux bridge switches on the host: it gives veb only" });
  }
  if (stp === true && forwardDelaySeconds !== undefined && forwardDelaySeconds < 2) {
    failures.push({ property: "forwardDelaySeconds", reason: "with STP it is 2 to 30 (IEEE 802.1D)" });
  }
  if (mtu !== undefined && uplink?.mtu !== undefined && mtu > uplink.mtu) {
    failures.push({ property: "mtu", reason: `${mtu} is above the uplink's MTU of ${uplink.mtu}` });
  }
  if (facts === undefined || uplink === undefined) return failures;
  const nic = findLink(facts, uplink.nic);
  if (nic === undefined) return [...failures, { property: "uplink", reason: noUplink(facts, uplink.nic) }];
  if (uplink.mtu === undefined) failures.push(...mtuObjections(mtu, undefined, nic));
  const there = findLink(facts, name);
  if (there !== undefined && there.alias !== mark && !values.adopt) {
    failures.push({
      property: "name",
      reason: new ForeignObject(facts.hostname, `the link ${name}`, there.alias).message,
    });
  }
  return [...failures, ...enslavingObjections(facts, nic, { ...values, name })];
};

const modesIn = ({ mode }: Values): readonly BridgingMode[] => (mode === undefined || mode === "all" ? [] : mode);

const noPepaNetwork =
  "a libvirt network can't isolate: the macvtaps that it makes have no filter. Attach with VmInterface, or add another mode";

const optionFailures = (values: Values): Failure[] =>
  Object.keys(linuxBridgeFields)
    .filter((option) => option in values)
    .map((property) => ({
      property,
      reason: `is an option of a Linux bridge (type hypervisor): a bridge of type ${values.type} has no device`,
    }));

const ethernetFailures = (values: Values, facts: HostFacts | undefined): Failure[] => {
  const modes = modesIn(values);
  const missing = facts && modes.includes("pepa") ? missingForPepa(facts) : undefined;
  const pepaOnly = modes.length > 0 && modes.every((mode) => mode === "pepa");
  return [
    ...optionFailures(values),
    ...(missing ? [{ property: "mode", reason: `pepa: ${missing.reason}; ${missing.remedy}` }] : []),
    ...(pepaOnly && values.network !== undefined ? [{ property: "network", reason: noPepaNetwork }] : []),
    ...(facts !== undefined && values.uplink !== undefined
      ? endpointObjections(facts, { nic: values.uplink.nic })
      : []),
  ];
};

/** What facts tell against the NIC's own switch. */
export const embeddedObjection = (facts: HostFacts, name: string): string | undefined => {
  const nic = findLink(facts, name);
  if (nic === undefined) return noUplink(facts, name);
  const members = nicsBelow(facts, nic).filter(hasEmbeddedSwitch);
  if (members.length > 0) {
    const names = members.map((member) => member.name).join(", ");
    return `${name} of ${facts.hostname} has no switch of its own, its NICs have: make an Uplink of ${names}, and the embedded bridge on that`;
  }
  return hasEmbeddedSwitch(nic)
    ? undefined
    : `${name} of ${facts.hostname} has no SR-IOV, and so no switch of its own: use type ethernet or hypervisor`;
};

const embeddedFailures = (values: Values, facts: HostFacts | undefined): Failure[] => {
  const problem = facts && values.uplink && embeddedObjection(facts, values.uplink.nic);
  return [
    ...optionFailures(values),
    ...(modesIn(values).includes("pepa")
      ? [{ property: "mode", reason: "pepa: a NIC's own switch connects its VFs. Use type ethernet for pepa" }]
      : []),
    ...(values.network === undefined
      ? []
      : [{ property: "network", reason: "this version defines no libvirt network of VFs: leave it out" }]),
    ...(problem === undefined ? [] : [{ property: "uplink", reason: problem }]),
  ];
};

export const existingObjection = (facts: HostFacts, name: string): string | undefined => {
  const link = findLink(facts, name);
  if (link?.kind === "bridge") return undefined;
  if (link === undefined) return noBridge(facts, name);
  if (link.kind === "openvswitch")
    return `${name} of ${facts.hostname} is a bridge of Open vSwitch, which is not supported`;
  return `${name} of ${facts.hostname} is no bridge but ${link.kind === null ? "a NIC" : `of kind ${link.kind}`}`;
};

const existingFailures = (values: Values, facts: HostFacts | undefined): Failure[] => {
  if (values.uplink !== undefined) {
    return [{ property: "uplink", reason: "an existing bridge has its own uplink: leave this out" }];
  }
  const problem = facts && values.bridge !== undefined ? existingObjection(facts, values.bridge) : undefined;
  return problem === undefined ? [] : [{ property: "bridge", reason: problem }];
};

const failuresOf = (
  values: Values,
  unknown: ReadonlySet<string>,
  name: string,
  mark: string,
  facts: HostFacts | undefined,
  manager: HostBridgeInputs["addressManager"],
): Failure[] => {
  const needed = values.type === "existing" ? "bridge" : "uplink";
  if (values[needed] === undefined && !unknown.has(needed)) {
    return [
      { property: needed, reason: needed === "uplink" ? "give the uplink below the bridge" : "give the bridge's name" },
    ];
  }
  if (values.uplink !== undefined && values.host !== undefined && values.uplink.host !== values.host) {
    return [{ property: "uplink", reason: `it is on ${values.uplink.host}, and this bridge on ${values.host}` }];
  }
  if (values.type === "existing") return existingFailures(values, facts);
  if (values.type === "ethernet") return ethernetFailures(values, facts);
  if (values.type === "embedded") return embeddedFailures(values, facts);
  return [...hypervisorFailures(values, manager, name, mark, facts), ...vlanFailures(values, unknown, facts)];
};

export const complete = ({ values, unknown, olds, seed, facts }: Draft<HostBridgeInputs>): Completion => {
  const mark = text(olds.mark) ?? markFor(seed);
  const { host, type, uplink, mode } = values;
  const name = values.name ?? text(olds.name) ?? linkNameFor(seed, "br-");
  const addressManager = addressManagerOf(values, olds, facts);
  const failures = failuresOf(values, unknown, name, mark, facts, addressManager);
  const undecided = host === undefined || mode === undefined || [...unknown].some((input) => input !== "connection");
  const device = type === "existing" ? values.bridge : type === "hypervisor" ? name : undefined;
  const ref = {
    kind: "HostBridge",
    host,
    type,
    ...(uplink === undefined ? {} : { uplink }),
    ...(device === undefined ? {} : { device }),
    mode,
    ...(values.mtu === undefined ? {} : { mtu: values.mtu }),
    ...(values.needs === undefined ? {} : { needs: values.needs }),
    ...(type === "hypervisor" ? vlansOfRef(values) : {}),
    ...(values.moveAddresses ? { movesAddresses: true } : {}),
  };
  const transaction = type === "hypervisor" ? transactionOf(values, name, olds, facts) : undefined;
  return {
    derived: {
      mark,
      ...(type === "hypervisor" ? linuxBridge(values, name) : {}),
      ...(addressManager === undefined ? {} : { addressManager }),
      ...(transaction === undefined ? {} : { transaction }),
      ref: undecided ? UNKNOWN : ref,
    },
    failures,
  };
};

/** Without facts it is as it was. */
const addressManagerOf = (
  { type, moveAddresses, uplink }: Values,
  olds: Properties,
  facts: HostFacts | undefined,
): HostBridgeInputs["addressManager"] => {
  if (type !== "hypervisor" || moveAddresses !== true || uplink === undefined) return undefined;
  if (facts === undefined) return addressManagers.find((each) => each === olds.addressManager);
  return addressesMovedBy(facts, uplink.nic, uplink.networkManager);
};

const transactionOf = (values: Values, name: string, olds: Properties, facts: HostFacts | undefined) => {
  const { moveAddresses, gateway, mtu, mac, stp, vlanFiltering, rollbackSeconds, uplink } = values;
  const via = gateway === undefined ? "" : ` by the gateway ${gateway}`;
  const moves = moveAddresses ? [`the host's addresses move to ${name}${via}`] : [];
  const set = Object.entries({ mtu, mac, stp, vlanFiltering }).filter(([, value]) => value !== undefined);
  const changes = [`${name} over ${uplink?.nic}`, ...moves, ...set.map(([option, value]) => `${option} ${value}`)];
  return transactionMark(changes, uplink?.nic, { facts, olds, rollbackSeconds });
};

/** Everything that is managed of a Linux bridge, defaults included: what a refresh can compare. */
const linuxBridge = (values: Values, name: string) => ({
  name,
  ...settledBridge(values),
  ...settledVlans(values),
  members: values.uplink === undefined ? UNKNOWN : [values.uplink.nic],
});
