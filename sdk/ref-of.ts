import * as pulumi from "@pulumi/pulumi";
import type { UplinkRef } from "../provider/schema/ref.ts";
import { type HostArg, type HostOrigin, inherited, originOf } from "./host.ts";
import { Uplink } from "./uplink.ts";

/** A resource that others can name, in the program or, by its `ref`, from another stack. */
export interface Named<Ref> {
  readonly ref: pulumi.Output<Ref>;
  readonly origin: HostOrigin;
  /** The resource's name in the program. */
  readonly label: string;
}

const isNamed = <Ref>(given: unknown): given is Named<Ref> =>
  typeof given === "object" && given !== null && "ref" in given && "origin" in given && "label" in given;

/** The plain data of a resource or of its `ref`. */
export const refOf = <Ref>(given: Named<Ref> | pulumi.Input<Ref>): pulumi.Output<Ref> =>
  isNamed<Ref>(given) ? given.ref : (pulumi.output(given) as pulumi.Output<Ref>);

/** How the host is reached: as `host` says, else as the named resource is; a bare `ref` names the host and no credentials. */
export const originBy = <Ref extends { host: string }>(
  host: HostArg | undefined,
  given: Named<Ref> | pulumi.Input<Ref>,
): HostOrigin => {
  if (host !== undefined) return originOf(host);
  if (isNamed<Ref>(given)) return inherited(given.origin, given.label);
  return originOf({ host: refOf(given).apply((ref) => ref.host) });
};

/** What a resource is given of the uplink that it sits on, in parts where a preview knows only some of them. */
export const uplinkLink = (given: Uplink | pulumi.Input<UplinkRef>) => {
  const ref = refOf<UplinkRef>(given);
  const link = given instanceof Uplink ? given.link : undefined;
  return { uplink: link ?? ref, nic: link?.nic ?? ref.apply(({ nic }) => nic) };
};
