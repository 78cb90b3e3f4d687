import type { HostFacts, VirtualFunctionFacts } from "../schema/facts.ts";
import { hostAddresses } from "./carries-session.ts";
import { macvlanInWords, macvlanLinksOn, masterOf } from "./nic-owner.ts";

/** Drivers that hand a PCI device to a guest or to a program, and not to the host's network. */
const forOthers = /vfio|uio/;

/** Who has a VF, in words; undefined when nothing shows that somebody does. */
export const vfHolder = (facts: HostFacts, { pci, driver }: VirtualFunctionFacts): string | undefined => {
  if (driver !== null && forOthers.test(driver)) return driver;
  const link = facts.links.find(({ nic }) => nic?.pci === pci);
  if (link === undefined) return undefined;
  const [address] = hostAddresses(link);
  const [macvlan] = macvlanLinksOn(facts, link);
  const use =
    masterOf(facts, link) ??
    (macvlan && macvlanInWords(facts, macvlan)) ??
    (address && `the host itself, as ${address}`);
  return use && `${use} (${link.name})`;
};
