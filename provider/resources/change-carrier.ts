import { setTimeout as sleep } from "node:timers/promises";
import { parseShownLinks } from "../discovery/read-links.ts";
import type { Answer, Host, Request } from "../host/host.ts";
import { transact } from "../host/transaction.ts";
import { ipBatch } from "../links/batch.ts";
import { answers, isLookedFor, isStatic, lookForNeighbour, showNeighbour } from "../links/neighbour.ts";
import { carriedAddresses, linksAbove } from "../planning/index.ts";
import type { HostFacts, LinkFacts } from "../schema/facts.ts";
import { changeHost, type Steps } from "./change-host.ts";
import { nameOfMark } from "./identity.ts";

export const defaultRollbackSeconds = 60;

/** Whether a change of the NIC goes through a transaction: the host itself is reached by it, or by what stands on it. */
export const isCarrier = (facts: HostFacts, nic: LinkFacts): boolean => carriedAddresses(facts, nic).length > 0;

/** A neighbour as the host has to find it. */
export interface Gateway {
  readonly address: string;
  readonly link: string;
}

interface CarrierInputs {
  readonly mark: string;
  readonly rollbackSeconds?: number | undefined;
}

export interface CarrierChange {
  /** What it is now, and the NIC whose change may cut the host off. */
  readonly facts: HostFacts;
  readonly nic: LinkFacts;
  readonly steps: Steps;
  /** The links that the steps make. */
  readonly made?: readonly string[];
  /** The bridge that has no port any more behind it, and so no carrier. */
  readonly emptied?: string;
  /** Behind the change, those of before on the link that they are behind by then. Default: where they are. */
  readonly gateways?: readonly Gateway[];
  /** Has to answer in any case, whether it did before or not. */
  readonly mustAnswer?: Gateway | undefined;
  /** What the host's network manager has to have given the link by then. */
  readonly obtained?: { readonly link: string; readonly addresses: readonly string[] } | undefined;
}

/** The gateways by which the NIC's own routes go, and those of what stands on it. */
const gatewaysNow = ({ routes }: HostFacts, links: readonly string[]): Gateway[] => {
  const all = routes.flatMap(({ gateway, device }) =>
    gateway !== null && links.includes(device) ? [{ address: gateway, link: device }] : [],
  );
  return all.filter(
    ({ address, link }, index) => all.findIndex((each) => each.address === address && each.link === link) === index,
  );
};

/** A neighbour that is there answers within milliseconds, and the kernel asks three times, each second. */
const lookSeconds = 3;
const pauseMilliseconds = 50;

type Patience = Pick<Request, "deadlineSeconds">;

/** Looks for neighbours anew when asked for the first time, and again whenever the kernel does not. */
class Neighbours {
  readonly #host: Host;
  readonly #asked = new Set<string>();

  constructor(host: Host) {
    this.#host = host;
  }

  async answers({ address, link }: Gateway, patience: Patience = {}): Promise<boolean> {
    const show = async () =>
      (await this.#host.request({ steps: [showNeighbour(address, link)], ...patience })).results[0]?.stdout ?? "";
    const shown = await show();
    const key = `${address} ${link}`;
    if (isStatic(shown) || (this.#asked.has(key) && answers(shown))) return true;
    if (!this.#asked.has(key) || !isLookedFor(shown)) {
      this.#asked.add(key);
      await this.#host.request({ steps: lookForNeighbour(address, link), ...patience });
      return answers(await show());
    }
    return false;
  }

  async answersWithin(gateway: Gateway, seconds: number): Promise<boolean> {
    const until = performance.now() + seconds * 1000;
    for (;;) {
      if (await this.answers(gateway)) return true;
      if (performance.now() > until) return false;
      await sleep(pauseMilliseconds);
    }
  }
}

/** Which of them answer now. */
const answering = async (host: Host, gateways: readonly Gateway[]): Promise<Gateway[]> => {
  const neighbours = new Neighbours(host);
  const found = await Promise.all(gateways.map((each) => neighbours.answersWithin(each, lookSeconds)));
  return gateways.filter((_, index) => found[index]);
};

/** These links, up to the first that is not there. */
const shown = async (host: Host, names: readonly string[], patience: Patience): Promise<LinkFacts[]> => {
  const show = { ...ipBatch(names.map((name) => ["addr", "show", "dev", name])), mayFail: true };
  const { results } = await host.request({ steps: [show], ...patience });
  return parseShownLinks(results[0]?.stdout ?? "", host.name);
};

/**
 * A change of a NIC that the host itself is reached by: made by a transaction, which is confirmed when what answered before answers
 * again, and no link above the NIC has lost its carrier.
 */
export const changeCarrier = async (
  host: Host,
  inputs: CarrierInputs,
  kind: string,
  what: string,
  { facts, nic, steps, made = [], emptied, gateways, mustAnswer, obtained }: CarrierChange,
): Promise<Answer> => {
  const links = [nic, ...linksAbove(facts, nic)];
  const names = links.map(({ name }) => name);
  const before = gatewaysNow(facts, names);
  const addresses = new Set((await answering(host, before)).map(({ address }) => address));
  const expected = (gateways ?? before).filter(({ address }) => addresses.has(address));
  const neighbours = new Neighbours(host);
  const lit = links.filter(({ name, carrier }) => carrier && name !== emptied).map(({ name }) => name);
  const problem = async (deadlineSeconds: number): Promise<string | undefined> => {
    const now = await shown(host, obtained === undefined ? lit : [...lit, obtained.link], { deadlineSeconds });
    const find = (wanted: string | undefined) => now.find(({ name }) => name === wanted);
    const dark = lit.find((name) => find(name)?.carrier !== true);
    if (dark !== undefined) return `${dark} has no carrier any more`;
    const has = find(obtained?.link)?.addresses ?? [];
    const lacking = obtained?.addresses.filter((each) => !has.includes(each)) ?? [];
    if (lacking.length > 0) return `${obtained?.link} has not got ${lacking.join(", ")}`;
    for (const gateway of [...expected, ...(mustAnswer === undefined ? [] : [mustAnswer])]) {
      if (!(await neighbours.answers(gateway, { deadlineSeconds })))
        return `the gateway ${gateway.address} does not answer on ${gateway.link}`;
    }
    return undefined;
  };
  return await transact(host, {
    owner: inputs.mark,
    change: `${kind}/${nameOfMark(inputs.mark)}: ${what}`,
    steps,
    links: names,
    made,
    rollbackSeconds: inputs.rollbackSeconds ?? defaultRollbackSeconds,
    problem,
  });
};

/** A change of a NIC, or of the bridge over it: by a transaction where the host is reached by it, else in one request, to which `options` apply. */
export const changeNetwork = async (
  host: Host,
  inputs: CarrierInputs,
  kind: string,
  what: string,
  change: CarrierChange,
  options: Pick<Request, "deadlineSeconds"> = {},
): Promise<Answer> =>
  isCarrier(change.facts, change.nic)
    ? await changeCarrier(host, inputs, kind, what, change)
    : await changeHost(host, inputs, kind, what, change.steps, options);
