import type { Step } from "../host/host.ts";

/** A link that carries our mark. */
export interface Ours {
  readonly name: string;
  readonly alias: string;
}

/**
 * The guard before a change to something that must be ours: ends the request when the link is gone or does not carry the mark.
 */
export function mustBeOurs({ name, alias }: Ours): Step {
  return { verb: "read", path: `/sys/class/net/${name}/ifalias`, equals: alias };
}

/** Removes a link that is still ours. */
export function removeOurs(link: Ours): Step[] {
  return [mustBeOurs(link), { verb: "run", argv: ["ip", "link", "del", "dev", link.name] }];
}
