import { domainOption, readDomain, type Scope, type Steps, scopeOptions } from "./domain-steps.ts";
import { buildInterfaceXml, type InterfaceSpec } from "./interface-xml.ts";
import { virshWithXml } from "./virsh.ts";

/**
 * Give the domain the interface, and read the domain back (see `domainRead`). Both scopes at once: libvirt checks them before
 * it changes either. An alias or an endpoint that is there already is refused by libvirt; a MAC that is there already is not.
 *
 * @param domain UUID; a name only while the UUID is not known.
 * @param scope Where it is missing; at least one.
 */
export function attachInterface(domain: string, spec: InterfaceSpec, scope: Scope): Steps {
  return [
    virshWithXml(buildInterfaceXml(spec), "attach-device", domainOption(domain), ...scopeOptions(scope)),
    ...readDomain(domain),
  ];
}
