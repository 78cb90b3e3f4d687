import type { HostFacts } from "../provider/schema/facts.ts";
import type { Palette } from "./paint.ts";
import { row } from "./row.ts";

const labelWidth = 20;

const libvirtText = ({ libvirt, domains }: HostFacts): string => {
  if (libvirt === null) return "no virsh here: interfaces of domains can't be attached (libvirt-clients has it)";
  if (!libvirt.running) return `does not answer: ${libvirt.problem ?? "no reason given"}`;
  const running = domains.filter((domain) => domain.running).length;
  const count = domains.length === 0 ? "no domains" : `domains: ${domains.length}, running: ${running}`;
  return `${libvirt.version ?? "of unknown version"}, ${count}`;
};

const netfilterText = ({ bridgeNetfilter: { callIptables, forwardDrop } }: HostFacts): string => {
  if (!callIptables) return "bridged frames do not pass the host's firewall";
  if (forwardDrop === false) return "bridged IP passes the host's firewall, which lets it through";
  if (forwardDrop === null) return "bridged IP passes the host's firewall; whether that drops it could not be seen";
  return (
    "WARNING: bridged IP passes the host's firewall, which drops what nothing accepts: VMs on Linux bridges lose IP. " +
    "Accept it in the forward chain, or set net.bridge.bridge-nf-call-iptables=0"
  );
};

/** The host itself: what holds for each of its uplinks. */
export const hostText = (facts: HostFacts, seenAs: string, palette: Palette, width: number): string => {
  const line = (label: string, text: string) =>
    row([{ text: `  ${label}`, width: labelWidth, paint: palette.dim }], text, width);
  const managers = facts.networkManagers.join(", ") || "none of those known runs";
  return [
    row(
      [{ text: facts.hostname, width: facts.hostname.length + 2, paint: palette.bold }],
      `Linux ${facts.kernel}, seen as ${seenAs}`,
      width,
    ),
    line("libvirt", libvirtText(facts)),
    line("network manager", managers),
    line(
      "vhost-net",
      facts.vhostNet ? "there: virtio is served by the kernel" : "not there: virtio is served by QEMU itself",
    ),
    line("firewall", netfilterText(facts)),
  ].join("\n");
};
