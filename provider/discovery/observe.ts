import { requestOrThrow } from "../host/command-failed.ts";
import type { Host } from "../host/host.ts";
import type { HostFacts } from "../schema/facts.ts";
import { parseAttributes } from "./attributes.ts";
import { FactsFailedError, FactsUnreadableError } from "./error.ts";
import { checkIprouteVersion } from "./iproute-version.ts";
import { parseKept, parseTakenBack } from "./parse-kept.ts";
import { parseLibvirt } from "./parse-libvirt.ts";
import { parseLinks } from "./parse-links.ts";
import { parseLldp } from "./parse-lldp.ts";
import { parseNetdevTables } from "./parse-netdev-tables.ts";
import { withPortVlans } from "./parse-port-vlans.ts";
import { parseRoutes } from "./parse-routes.ts";
import { parseBridgeNetfilter, parseSystem, parseTools } from "./parse-system.ts";
import { parseSections } from "./sections.ts";

interface Observation {
  readonly generation: number;
  /** When it began, by the process's clock (milliseconds). */
  readonly began: number;
  readonly facts: Promise<HostFacts>;
}

/** The last observation of each host, finished or under way. */
const observations = new WeakMap<Host, Observation>();

/**
 * The facts of a host, in one round trip, with no transaction under way there: what that does may yet be taken back. They are shared:
 * with those who ask while the observation is under way, and with those who ask later, until a request that may change the host has
 * been made since it began.
 *
 * @throws HostError when the host does not answer, FactsFailedError when its `ip` fails, FactsUnreadableError when what it
 * answered makes no sense.
 */
export function observe(host: Host): Promise<HostFacts> {
  const known = observations.get(host);
  return known?.generation === host.generation ? known.facts : observeAnew(host);
}

/** The same, whatever was observed before: for who waits for something that the host does by itself. */
export function observeAnew(host: Host): Promise<HostFacts> {
  const observation = { generation: host.generation, began: performance.now(), facts: look(host) };
  observations.set(host, observation);
  // A failure is no observation: the next who asks looks again.
  observation.facts.catch(() => {
    if (observations.get(host) === observation) observations.delete(host);
  });
  return observation.facts;
}

/** Whether who asks now is told what was seen before a moment of the process's clock. */
export function isSharedFromBefore(host: Host, moment: number): boolean {
  const known = observations.get(host);
  return known !== undefined && known.generation === host.generation && known.began < moment;
}

async function look(host: Host): Promise<HostFacts> {
  const { results } = await requestOrThrow(host, { steps: [{ verb: "facts" }], settled: true });
  return parseFacts(host.name, results[0]?.stdout ?? "", results[0]?.stderr);
}

/** What the `facts` verb printed. `host` is its name, `stderr` goes into the error when a command failed. */
export function parseFacts(host: string, output: string, stderr = ""): HostFacts {
  const sections = parseSections(host, output);
  const section = (name: string) => sections.find((candidate) => candidate.name === name);
  const needed = (name: string): string => {
    const found = section(name);
    if (found === undefined) throw new FactsUnreadableError(host, name, "it is missing");
    if (found.status !== 0) throw new FactsFailedError(host, name, found.status, stderr);
    return found.text;
  };
  const tools = parseTools(needed("tools"));
  checkIprouteVersion(host, tools.ip ?? null);
  const netdevTables = parseNetdevTables(section("netdev"));
  const kept = parseKept(section("kept"));
  const takenBack = parseTakenBack(section("guard"));
  const attributes = parseAttributes(needed("attributes"), needed("system"));
  const system = parseSystem(needed("system"), attributes);
  if (system.kernel === "" || system.bootId === "") {
    throw new FactsUnreadableError(host, "/proc/sys/kernel", "the kernel's release and boot ID are not both there");
  }
  return {
    version: 1,
    ...system,
    links: withPortVlans(host, parseLinks(host, "ip -d -j addr show", needed("links"), attributes), section("vlans")),
    routes: parseRoutes(host, needed("routes")),
    ...parseLibvirt(host, sections),
    lldp: parseLldp(sections),
    bridgeNetfilter: parseBridgeNetfilter(attributes, section("forward")),
    tools,
    ...(netdevTables === undefined ? {} : { netdevTables }),
    ...(kept === undefined ? {} : { kept }),
    ...(takenBack === undefined ? {} : { takenBack }),
  };
}
