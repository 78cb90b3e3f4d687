import { KvmNetworkError } from "../schema/error.ts";
import type { Properties } from "./resource-kind.ts";

/**
 * Something was made before it failed: the state must keep it, or it would be forgotten on the host. `id`, `properties` and
 * `reasons` are what the engine looks for; it shows the reasons alone.
 */
export class PartlyMade extends KvmNetworkError {
  readonly reasons: readonly string[];
  id = "";
  properties: Properties;

  constructor(outputs: Properties, cause: Error) {
    super("partly-made", cause.message, { cause });
    this.properties = outputs;
    this.reasons = [cause.message];
  }

  keep(id: string, properties: Properties): void {
    this.id = id;
    this.properties = properties;
  }
}
