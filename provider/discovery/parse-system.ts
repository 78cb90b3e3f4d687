import type { HostFacts } from "../schema/facts.ts";
import type { Attributes } from "./attributes.ts";
import { completeLines } from "./complete-lines.ts";

type SystemFacts = Pick<
  HostFacts,
  | "hostname"
  | "kernel"
  | "bootId"
  | "sessionAddress"
  | "networkManagers"
  | "systemd"
  | "lldpad"
  | "vhostNet"
  | "vfioPci"
>;

/** Names of processes as the kernel keeps them (15 bytes), and the managers they are. */
const managerProcesses: readonly (readonly [string, string])[] = [
  ["NetworkManager", "NetworkManager"],
  ["systemd-network", "systemd-networkd"],
  ["ovs-vswitchd", "ovs"],
];

export function parseSystem(text: string, attributes: Attributes): SystemFacts {
  const lines = completeLines(text);
  const managers = [
    ...managerProcesses.flatMap(([process, manager]) => (lines.includes(process) ? [manager] : [])),
    ...lines.flatMap((line) => (line.startsWith("manager:") ? [line.slice("manager:".length)] : [])),
  ];
  const session = lines.find((line) => line.startsWith("session:"))?.slice("session:".length);
  return {
    hostname: attributes.get("/proc/sys/kernel/hostname") ?? "",
    kernel: attributes.get("/proc/sys/kernel/osrelease") ?? "",
    bootId: attributes.get("/proc/sys/kernel/random/boot_id") ?? "",
    // SSH_CONNECTION: client address and port, server address and port.
    sessionAddress: session?.split(" ")[2] || null,
    networkManagers: [...new Set(managers)],
    systemd: lines.includes("systemd:yes"),
    lldpad: lines.includes("lldpad"),
    vhostNet: lines.includes("vhost-net:yes"),
    vfioPci: lines.includes("vfio-pci:yes"),
  };
}

/** `NAME:what --version printed`, a line each. */
export function parseTools(text: string): HostFacts["tools"] {
  const version = (tool: string, pattern: RegExp): string | null => {
    const line = completeLines(text).find((candidate) => candidate.startsWith(`${tool}:`));
    return line === undefined ? null : (pattern.exec(line)?.[1] ?? line.slice(tool.length + 1));
  };
  return { ip: version("ip", /iproute2-([^\s,]+)/), nft: version("nft", /v(\d[^\s]*)/) };
}

/**
 * Whether bridged IP frames pass the host's firewall, and whether its forward hook drops what nothing accepts
 * (`nft list chains`, or `iptables -S FORWARD` where there is no nft). Null: can't be told.
 */
export function parseBridgeNetfilter(
  attributes: Attributes,
  forward: { readonly status: number; readonly text: string } | undefined,
): HostFacts["bridgeNetfilter"] {
  const callIptables = attributes.get("/proc/sys/net/bridge/bridge-nf-call-iptables") === "1";
  if (forward === undefined || forward.status !== 0) return { callIptables, forwardDrop: null };
  const drops = /^-P FORWARD DROP\n|hook forward\b[^\n]*policy drop/m.test(forward.text);
  // What is cut off may have hidden it: nft ends with its last table, and iptables begins with the policy.
  const isWhole = forward.text === "" || forward.text.endsWith("}\n") || /^-P FORWARD \w+\n/m.test(forward.text);
  return { callIptables, forwardDrop: drops || (isWhole ? false : null) };
}
