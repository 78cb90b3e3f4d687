import { observe } from "../provider/discovery/observe.ts";
import { closeHosts, openHost } from "../provider/host/open-host.ts";
import { resolveHop } from "../provider/host/resolve-hop.ts";
import { hasEmbeddedSwitch } from "../provider/planning/index.ts";
import type { Connection } from "../provider/schema/connection.ts";
import type { HostFacts } from "../provider/schema/facts.ts";
import { capabilityText } from "./capability-text.ts";
import { explainArguments, explainUsage } from "./explain-arguments.ts";
import { hostText } from "./host-text.ts";
import { notSeen } from "./not-seen.ts";
import { Notes } from "./notes.ts";
import { paletteFor } from "./paint.ts";
import { row } from "./row.ts";
import { isUplinkCandidate, uplinkText } from "./uplink-text.ts";

/** What a pipe or an old terminal shows; wider ones are used up to where a line can still be read. */
const defaultWidth = 80;
const widest = 110;

const legend = `Types: hypervisor is a Linux bridge, existing one that is there, ethernet the
uplink itself. Modes: veb switches between VMs on this host, vepa lets the
adjacent switch do it, pepa keeps them apart.`;
const embeddedLegend = "embedded is the NIC's own switch, which serves its VFs.";

interface Seen {
  readonly facts: HostFacts;
  /** The account that looked, and whether as root. */
  readonly user: string;
  readonly asRoot: boolean;
}

const look = async (connection: Connection): Promise<Seen> => {
  try {
    const facts = await observe(openHost(connection));
    const { user } = resolveHop(connection);
    return { facts, user, asRoot: user === "root" || connection.sudo === true };
  } finally {
    closeHosts();
  }
};

const report = ({ facts, user, asRoot }: Seen, width: number): string => {
  const palette = paletteFor(process.stdout);
  const notes = new Notes();
  const unseen = notSeen(facts, asRoot);
  const candidates = facts.links.filter(isUplinkCandidate);
  const parts = [
    hostText(facts, user === "root" ? "root" : `${user}${asRoot ? " by sudo" : ", without sudo"}`, palette, width),
    ...candidates.map((nic) => uplinkText(facts, nic, palette, notes, width)),
    ...(candidates.length > 0 ? [] : ["There is no NIC, bond or VLAN link that could be an uplink."]),
    ...(candidates.length > 0 ? [notes.text(width)] : []),
    ...(unseen.length > 0
      ? [unseen.map((text) => row([{ text: "Not seen", width: 10 }], text, width)).join("\n")]
      : []),
    candidates.some(hasEmbeddedSwitch) ? `${legend}\n${embeddedLegend}` : legend,
  ];
  return `${parts.join("\n\n")}\n`;
};

/** `explain`: what a host and its adjacent switch can do, for a person or as the facts file of getHost(). */
export const explain = async (args: readonly string[]): Promise<void> => {
  const asked = explainArguments(args);
  const width = Math.min(process.stdout.columns || defaultWidth, widest);
  if (asked.what === "help") {
    process.stdout.write(explainUsage);
  } else if (asked.what === "capabilities") {
    process.stdout.write(capabilityText(width));
  } else {
    const seen = await look(asked.connection);
    if (asked.what === "report") {
      process.stdout.write(report(seen, width));
    } else {
      for (const text of notSeen(seen.facts, seen.asRoot)) process.stderr.write(`not seen: ${text}\n`);
      process.stdout.write(`${JSON.stringify(seen.facts, null, 2)}\n`);
    }
  }
};
