import { KvmNetworkError } from "../schema/error.ts";
import { markPrefix } from "../schema/mark.ts";

/** Something that is not this resource's stands where it wants to be. */
export class ForeignObject extends KvmNetworkError {
  constructor(host: string, what: string, owner: string | null) {
    const whose = owner?.startsWith(markPrefix) ? `belongs to ${owner}` : "was not made by this provider";
    super(
      "foreign-object",
      `${what} is there on ${host} already and ${whose}; choose another name, remove it, or set adopt: true to take it over`,
    );
  }
}
