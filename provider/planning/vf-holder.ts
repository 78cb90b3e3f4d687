import type { DomainFacts, HostFacts, LinkFacts, VirtualFunctionFacts } from "../schema/facts.ts";
import { hostAddresses } from "./carries-session.ts";
import { macvlanInWords, macvlanLinksOn, masterOf } from "./nic-owner.ts";

/** Drivers that hand a PCI device to a guest or to a program, and not to the host's network. */
const forOthers = /vfio|uio/;

type Vf = Pick<VirtualFunctionFacts, "pci" | "driver">;

/** The host's own link of a VF; undefined where no network driver has it. */
export const vfLink = ({ links }: HostFacts, { pci }: Pick<Vf, "pci">): LinkFacts | undefined =>
  links.find(({ nic }) => nic?.pci === pci);

/** The domain that a VF is handed to, as an interface or as a device, now or at its next start. */
export const vfDomain = ({ domains }: HostFacts, { pci }: Pick<Vf, "pci">): DomainFacts | undefined =>
  domains.find(
    ({ live, config, hostDevices = [] }) =>
      hostDevices.includes(pci) || [...live, ...config].some((nic) => nic.type === "hostdev" && nic.source === pci),
  );

const inWords = ({ name, running }: DomainFacts): string => `the domain ${name}${running ? "" : " (shut off)"}`;

/** What the host itself does with a VF's link, in words; undefined when nothing is seen. */
export const vfLinkUse = (facts: HostFacts, vf: Pick<Vf, "pci">): string | undefined => {
  const link = vfLink(facts, vf);
  if (link === undefined) return undefined;
  const [address] = hostAddresses(link);
  const [macvlan] = macvlanLinksOn(facts, link);
  const direct = facts.domains.find(({ config }) =>
    config.some(({ type, source }) => type === "direct" && source === link.name),
  );
  const use =
    masterOf(facts, link) ??
    (macvlan && macvlanInWords(facts, macvlan)) ??
    (address && `the host itself, as ${address}`) ??
    (direct && inWords(direct));
  return use && `${use} (${link.name})`;
};

/** Who has a VF, in words; undefined when nothing shows that somebody does. A domain that is shut off has it at its next start. */
export const vfHolder = (facts: HostFacts, vf: Vf): string | undefined => {
  const domain = vfDomain(facts, vf);
  if (domain !== undefined) return inWords(domain);
  return vf.driver !== null && forOthers.test(vf.driver) ? vf.driver : vfLinkUse(facts, vf);
};

/** Which VFs of a NIC somebody has, and who: `VF 0 (0000:01:10.0): the domain web-1`. */
export const vfHolders = (facts: HostFacts, { nic }: LinkFacts): string[] =>
  (nic?.sriov?.functions ?? []).flatMap((vf) => {
    const holder = vfHolder(facts, vf);
    return holder === undefined ? [] : [`VF ${vf.index} (${vf.pci}): ${holder}`];
  });
