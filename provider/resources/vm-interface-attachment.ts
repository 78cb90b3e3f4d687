import { setTimeout as wait } from "node:timers/promises";
import { type CommandFailed, commandFailed } from "../host/command-failed.ts";
import type { Host } from "../host/host.ts";
import { attachInterface } from "../libvirt/attach-interface.ts";
import { detachInterface, interfaceGone, lookAtDomain } from "../libvirt/detach-interface.ts";
import { readDomainResults, type Scope } from "../libvirt/domain-steps.ts";
import { type FoundInterface, findInterface } from "../libvirt/find-interface.ts";
import { buildInterfaceXml, type InterfaceSpec } from "../libvirt/interface-xml.ts";
import { guardMacvtap } from "../links/macvtap.ts";
import { KvmNetworkError } from "../schema/error.ts";
import type { DomainFacts } from "../schema/facts.ts";
import type { VmInterfaceInputs } from "../schema/vm-interface.ts";
import { changeHost, type Steps, tryChange } from "./change-host.ts";
import { userAlias } from "./identity.ts";
import { PartlyMade } from "./partly-made.ts";
import { specOf } from "./vm-interface-spec.ts";

const kind = "VmInterface";

/** By what an interface is known as this resource's. */
export const identityOf = (inputs: VmInterfaceInputs) => ({ alias: userAlias(inputs.mark), mac: inputs.mac });

export const isOurs = (found: FoundInterface | null): found is FoundInterface => found?.whose === "ours";

/** libvirt makes the macvtap, so its host side is ours to set up. */
export const isMacvtapOfLibvirt = (inputs: VmInterfaceInputs): boolean => specOf(inputs).kind === "direct";

/** The host's side of the macvtap as it is asked for. */
export const guardOf = (inputs: VmInterfaceInputs): Steps =>
  guardMacvtap({ name: inputs.target, allMulticast: inputs.allMulticast ?? true });

/** Out of the domain, definition first, and waited for until the guest has let go. */
export const detach = async (inputs: VmInterfaceInputs, host: Host, domain: DomainFacts): Promise<void> => {
  const found = findInterface(domain, identityOf(inputs));
  if (!isOurs(found.live) && !isOurs(found.config)) return;
  await changeHost(host, inputs, kind, `detach ${inputs.mac} from ${domain.name}`, detachInterface(domain.uuid, found));
  if (isOurs(found.live)) await waitUntilGone(inputs, host, domain);
};

/** libvirt says that it is done before the guest has let go. */
const waitUntilGone = async (inputs: VmInterfaceInputs, host: Host, domain: DomainFacts): Promise<void> => {
  const seconds = inputs.detachTimeoutSeconds ?? 20;
  const end = performance.now() + seconds * 1000;
  for (let pause = 20; ; pause = Math.min(pause * 2, 500)) {
    const steps = lookAtDomain(domain.uuid);
    const { results } = await host.request({ steps });
    const [look] = results;
    if (look !== undefined && interfaceGone(look, identityOf(inputs))) return;
    if (performance.now() > end) {
      throw new KvmNetworkError(
        "guest-holds-on",
        `the guest ${domain.name} on ${inputs.host} has not let go of the NIC ${inputs.mac} within ${seconds} seconds. It is out of ` +
          "the definition; it goes when the guest acknowledges (a booted system does, a boot ROM never) or is shut off. " +
          "Run it again then, or raise detachTimeoutSeconds",
      );
    }
    await wait(pause);
  }
};

/** Attached where it is missing, with the host's side set up in the same round trip; the definition read back. */
export const attach = async (
  inputs: VmInterfaceInputs,
  spec: InterfaceSpec,
  host: Host,
  domain: DomainFacts,
  scope: Scope,
): Promise<string> => {
  const attaching = attachInterface(domain.uuid, spec, scope);
  const guard = scope.live && isMacvtapOfLibvirt(inputs) ? guardOf(inputs) : [];
  const steps = [...attaching, ...guard];
  const what = `attach ${inputs.mac} to ${domain.name} (${inputs.realization.kind} on ${inputs.realization.source})`;
  const answer = await tryChange(host, inputs, kind, what, steps);
  if (answer.failed === undefined) return definition(answer.results.slice(0, attaching.length));
  const failure = commandFailed(host, steps, answer);
  if (answer.failed === 0) throw inputs.vsi === undefined ? failure : withVdpHint(inputs, failure);
  // It is in the domain, and must not be forgotten.
  throw new PartlyMade({ interfaceXml: buildInterfaceXml(spec) }, failure);
};

/** What libvirt says when lldpad or the switch did not agree (virNetDevVPortProfileOpCommon) names neither. */
const withVdpHint = (inputs: VmInterfaceInputs, failure: CommandFailed): Error => {
  if (!/port-?profile/i.test(failure.stderr)) return failure;
  return new KvmNetworkError(
    "vdp-failed",
    `${failure.message.trim()}. The switch of ${inputs.realization.source} was not told of the port (802.1Qbg VDP): lldpad must run on ` +
      `${inputs.host}, and have agreed with the switch on EVB on the NIC below ${inputs.realization.source} (\`lldptool -t -n -i NIC -g ncb\` ` +
      "shows an EVB TLV of the switch); one that timed out or was refused is for the switch's administrator: does it know this managerId, typeId and typeIdVersion?",
    { cause: failure },
  );
};

/** The domain's persistent definition from a read-back; a transient domain's is what runs. */
export const definition = (results: readonly { readonly stdout: string }[]): string => {
  const [live, inactive] = results.slice(-readDomainResults).map(({ stdout }) => stdout);
  return inactive || live || "";
};
