import { isDeepStrictEqual } from "node:util";
import type { Host } from "../host/host.ts";
import { asking, type EvbSettings, lookAtEvb, readEvb, setEvb } from "../links/evb.ts";
import { masterOf } from "../planning/index.ts";
import { KvmNetworkError } from "../schema/error.ts";
import type { HostFacts, LinkFacts } from "../schema/facts.ts";
import type { UplinkInputs } from "../schema/uplink.ts";
import { changeHost } from "./change-host.ts";
import type { Failure, Properties } from "./resource-kind.ts";
import { asks } from "./uplink-relay.ts";

const startLldpad = "install and start lldpad there, or leave the request out and configure the switch's port";

/** What facts tell against asking the switch for reflective relay on this NIC. */
export const requestObjections = (
  facts: HostFacts,
  nic: LinkFacts,
  inputs: Pick<UplinkInputs, "reflectiveRelay">,
): Failure[] => {
  if (!asks(inputs, "request")) return [];
  const property = "reflectiveRelay";
  const owner = masterOf(facts, nic);
  if (owner !== undefined) {
    const reason =
      `${nic.name} of ${facts.hostname} is ${owner}: a Linux bridge on a reflecting port hears its own broadcasts again ` +
      "and loses its VMs. Do not ask for it there";
    return [{ property, reason }];
  }
  // Facts of before it was looked for: where there is no answer at all, nobody speaks LLDP.
  if (facts.lldpad ?? Object.keys(facts.lldp).length > 0) return [];
  return [{ property, reason: `lldpad does not run on ${facts.hostname}, and speaks for ${nic.name}: ${startLldpad}` }];
};

const look = async (host: Host, nic: string): Promise<EvbSettings | undefined> =>
  readEvb(await host.request({ steps: lookAtEvb(nic) }));

const noLldpad = (host: Host, nic: string, what: string): KvmNetworkError =>
  new KvmNetworkError("no-lldpad", `${what} on ${nic} of ${host.name}: lldpad does not answer for it; ${startLldpad}`);

/** lldpad's settings of before the first request, as a state has them. */
export const originalEvb = (previous: Properties | undefined): EvbSettings | undefined => {
  const original = previous?.original;
  const evb = typeof original === "object" && original !== null && "evb" in original ? original.evb : undefined;
  if (typeof evb !== "object" || evb === null) return undefined;
  const given = new Map(Object.entries(evb).map(([name, value]) => [name, String(value)]));
  const value = (name: keyof EvbSettings) => given.get(name) ?? "";
  const [adminStatus, evbmode, evbrrreq, enableTx] = [
    value("adminStatus"),
    value("evbmode"),
    value("evbrrreq"),
    value("enableTx"),
  ];
  return { adminStatus, evbmode, evbrrreq, enableTx };
};

/** The settings there are, looked at before anything is touched: without lldpad nothing can be asked. */
export const evbBefore = async (inputs: UplinkInputs, host: Host, nic: string): Promise<EvbSettings | undefined> => {
  if (!asks(inputs, "request")) return undefined;
  const found = await look(host, nic);
  if (found === undefined) throw noLldpad(host, nic, "reflective relay can't be asked for");
  return found;
};

/** Asks the switch, or takes back what was asked when the program no longer does. */
export const ensureRequest = async (
  inputs: UplinkInputs,
  host: Host,
  nic: string,
  found: EvbSettings | undefined,
  previous: Properties | undefined,
): Promise<void> => {
  if (!asks(inputs, "request")) return await withdrawRequest(inputs, host, nic, previous);
  if (found === undefined || isDeepStrictEqual(found, asking)) return;
  await changeHost(host, inputs, "Uplink", `ask the switch of ${nic} for reflective relay`, setEvb(nic, found, asking));
};

/** Gives lldpad its settings back, unless somebody changed them since. */
export const withdrawRequest = async (
  inputs: UplinkInputs,
  host: Host,
  nic: string,
  previous: Properties | undefined,
): Promise<void> => {
  const original = originalEvb(previous);
  if (original === undefined) return;
  const found = await look(host, nic);
  if (found === undefined) throw noLldpad(host, nic, "the request for reflective relay can't be taken back");
  if (!isDeepStrictEqual(found, asking) || isDeepStrictEqual(original, asking)) return;
  await changeHost(
    host,
    inputs,
    "Uplink",
    `no longer ask the switch of ${nic} for reflective relay`,
    setEvb(nic, found, original),
  );
};

/** What stands among the inputs while lldpad asks. */
export const asAsked = "as asked";

/** What lldpad does about the request now, for the inputs of a refresh. */
export const observeRequest = async (
  inputs: UplinkInputs,
  host: Host,
  nic: string,
): Promise<{ readonly requested?: string }> => {
  if (!asks(inputs, "request")) return {};
  const found = await look(host, nic);
  if (found === undefined) return { requested: "lldpad does not answer" };
  const differing = Object.entries(found).filter(
    ([name, value]) => !Object.entries(asking).some(([asked, as]) => asked === name && as === value),
  );
  return { requested: differing.length === 0 ? asAsked : differing.map((pair) => pair.join("=")).join(" ") };
};
