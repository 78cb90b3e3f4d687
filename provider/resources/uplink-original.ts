import { z } from "zod";
import type { Host } from "../host/host.ts";
import type { NicModes } from "../links/nic-modes.ts";
import { carriesSession } from "../planning/index.ts";
import type { HostFacts, LinkFacts } from "../schema/facts.ts";
import { embeddedSwitchModes, eswitchModes } from "../schema/mode.ts";
import type { UplinkInputs } from "../schema/uplink.ts";
import type { Properties } from "./resource-kind.ts";
import { lookAtModes, modesBefore } from "./uplink-modes.ts";
import { bringSriovTo, type SriovWanted, sriovWanted } from "./uplink-sriov.ts";
import { vfCount } from "./uplink-vfs.ts";

const originalSchema = z.object({
  numVfs: z.number().optional(),
  embeddedSwitch: z.enum(embeddedSwitchModes).optional(),
  eswitchMode: z.enum(eswitchModes).optional(),
  sourcePruning: z.boolean().optional(),
});

/** A NIC's VFs and switch as they were before the first change, as a state has them. */
export const originalSriov = (previous: Properties | undefined): SriovWanted => {
  const { numVfs, ...modes } = originalSchema.safeParse(previous?.original).data ?? {};
  const told = Object.entries(modes).filter(([, value]) => value !== undefined);
  return { ...(numVfs === undefined ? {} : { numVfs }), ...(Object.fromEntries(told) satisfies NicModes) };
};

/** The same, with what is managed from now on. */
export const sriovBefore = async (
  inputs: UplinkInputs,
  host: Host,
  nic: LinkFacts,
  previous: Properties | undefined,
): Promise<SriovWanted> => ({
  ...(inputs.numVfs === undefined ? {} : { numVfs: vfCount(nic) }),
  ...(await modesBefore(host, nic, inputs)),
  ...originalSriov(previous),
});

/** What is managed of a NIC's VFs and switch, as it is now. */
export const observeSriov = async (inputs: UplinkInputs, host: Host, nic: LinkFacts): Promise<SriovWanted> => ({
  ...(inputs.numVfs === undefined ? {} : { numVfs: vfCount(nic) }),
  ...(await lookAtModes(host, nic, inputs)),
});

/**
 * Puts back what was before, of that which nobody has changed since; the modes of a NIC that carries the session stay, for they are not
 * changed over it either.
 */
export const restoreSriov = async (
  inputs: UplinkInputs,
  host: Host,
  facts: HostFacts,
  nic: LinkFacts,
  previous: Properties,
): Promise<void> => {
  const [managed, now, before] = [
    new Map(Object.entries(sriovWanted(inputs))),
    new Map(Object.entries(await observeSriov(inputs, host, nic))),
    originalSriov(previous),
  ];
  const back = Object.entries(before).filter(
    ([name, value]) =>
      managed.has(name) &&
      now.get(name) === managed.get(name) &&
      now.get(name) !== value &&
      (name === "numVfs" || carriesSession(facts, nic) === undefined),
  );
  if (back.length > 0) await bringSriovTo(inputs, host, nic.name, Object.fromEntries(back));
};
