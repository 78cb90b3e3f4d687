import type { StepResult } from "../host/host.ts";
import type { Steps } from "./domain-steps.ts";
import { buildNetworkXml, type NetworkFacts, type NetworkSpec, parseNetworkXml } from "./network-xml.ts";
import { virsh, virshProblem, virshWithXml } from "./virsh.ts";

/** One word, so that no name is taken for an option. */
const networkOption = (network: string) => `--network=${network}`;

/**
 * Define the network, start it, have it started with the host, and read it back: the last result is for {@link networkRead}.
 * A network of that name with another UUID is refused by libvirt, so a foreign one stays as it is.
 */
export function defineNetwork(spec: NetworkSpec): Steps {
  const network = networkOption(spec.name);
  return [
    virshWithXml(buildNetworkXml(spec), "net-define"),
    virsh("net-start", network),
    virsh("net-autostart", network),
    virsh("net-dumpxml", network),
  ];
}

/**
 * Give a network that is there another definition. A running one takes it only when it is started anew; guests that are on it
 * keep what they have, because a network without a bridge of its own has nothing that could go down.
 *
 * @param spec With the UUID that the network has.
 */
export function redefineNetwork(spec: NetworkSpec & { readonly uuid: string }): Steps {
  return [
    virshWithXml(buildNetworkXml(spec), "net-define"),
    { ...virsh("net-destroy", networkOption(spec.uuid)), mayFail: true },
    virsh("net-start", networkOption(spec.uuid)),
    virsh("net-autostart", networkOption(spec.uuid)),
    virsh("net-dumpxml", networkOption(spec.uuid)),
  ];
}

/** Look at a network; it may be missing. The result is for {@link networkRead}. */
export function lookAtNetwork(network: string): Steps {
  return [{ ...virsh("net-dumpxml", networkOption(network)), mayFail: true }];
}

/** What was found; null: there is none. Undefined: virsh failed on something else, so nothing is known. */
export function networkRead(result: StepResult): NetworkFacts | null | undefined {
  if (result.status === 0) return parseNetworkXml(result.stdout);
  return virshProblem(result) === "no-network" ? null : undefined;
}

/** Remove the network that has this UUID. One that is not running, or gone from the definitions already, is no failure. */
export function removeNetwork(uuid: string): Steps {
  const network = networkOption(uuid);
  return [
    { ...virsh("net-destroy", network), mayFail: true },
    { ...virsh("net-undefine", network), mayFail: true },
    { ...virsh("net-dumpxml", network), mayFail: true },
  ];
}
