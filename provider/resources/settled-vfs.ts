import { setTimeout as wait } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { observeAnew } from "../discovery/observe.ts";
import type { Host } from "../host/host.ts";
import { vfLink } from "../planning/index.ts";
import type { HostFacts, LinkFacts } from "../schema/facts.ts";

/** A driver that is not loaded yet is by then, and udev has named its link. */
const settleSeconds = 15;
const pauseMs = 200;

/** VFs as who comes next finds them: by their drivers and the names of their links. */
const pictureOf = (facts: HostFacts, nic: LinkFacts | undefined, only: string | undefined) =>
  (nic?.nic?.sriov?.functions ?? [])
    .filter(({ pci }) => only === undefined || pci === only)
    .map((vf) => ({ pci: vf.pci, driver: vf.driver, link: vfLink(facts, vf)?.name ?? null }));

/**
 * Waits until VFs that have just been given to the host's drivers have their links, and those their names: all `count` of a NIC, or one by its
 * PCI address. Where no driver takes them there is nothing to wait for in the end. Returns how many there are.
 */
export const settledVfs = async (host: Host, nic: string, count: number, only?: string): Promise<number> => {
  const deadline = performance.now() + settleSeconds * 1000;
  let before: ReturnType<typeof pictureOf> | undefined;
  for (;;) {
    const facts = await observeAnew(host);
    const now = pictureOf(
      facts,
      facts.links.find(({ name }) => name === nic),
      only,
    );
    const isComplete = now.length === count && now.every(({ driver, link }) => driver !== null && link !== null);
    if ((isComplete && isDeepStrictEqual(now, before)) || performance.now() > deadline) return now.length;
    before = now;
    await wait(pauseMs);
  }
};
