import type { HostFacts } from "../schema/facts.ts";
import { compareVersions, interfaceFeatureProblem } from "../schema/libvirt-features.ts";

/**
 * Since when the kernel and nft know the hook that sees what leaves a link. nft: commit 510c4fad7e78 ("src: Support netdev egress
 * hook", posted on 27 October 2021), between 1.0.0 and 1.0.1; the kernel's side was merged for the release of that winter.
 * What nft prints of our chains is the same, letter by letter, in 1.0.6, 1.1.3 and 1.1.7.
 */
const egressSince = { kernel: "5.16", nft: "1.0.1" } as const;

export interface MissingForPepa {
  readonly reason: string;
  readonly remedy: string;
}

/** What a host lacks for the filter that isolates pepa endpoints; undefined when it has all, or is not known. */
export const missingForPepa = ({ hostname, kernel, tools, libvirt }: HostFacts): MissingForPepa | undefined => {
  const { nft } = tools;
  if (nft === null) {
    return {
      reason: `there is no nft on ${hostname}, and without a filter a reflecting switch connects what pepa keeps apart`,
      remedy: `install nftables on ${hostname}, or ask for veb or vepa`,
    };
  }
  if (nft !== undefined && compareVersions(nft, egressSince.nft) < 0) {
    return {
      reason: `the filter of pepa takes nft ${egressSince.nft}, and ${hostname} has ${nft}`,
      remedy: "install a newer nftables, or ask for veb or vepa",
    };
  }
  if (compareVersions(kernel, egressSince.kernel) < 0) {
    return {
      reason: `the filter of pepa takes Linux ${egressSince.kernel} (netdev egress hook), and ${hostname} runs ${kernel}`,
      remedy: "boot a newer kernel, or ask for veb or vepa",
    };
  }
  const problem = interfaceFeatureProblem("kind", "ethernet", libvirt?.version ?? null);
  return problem === null
    ? undefined
    : { reason: `a macvtap that is made before the domain starts: ${problem}`, remedy: "ask for veb or vepa" };
};
