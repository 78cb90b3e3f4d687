import { HostError } from "../host/host-error.ts";
import { KvmNetworkError } from "../schema/error.ts";
import type { Properties } from "./resource-kind.ts";

/**
 * Something was made before it failed: the state must keep it, or it would be forgotten on the host. `id`, `properties` and
 * `reasons` are what the engine looks for; it shows the reasons alone.
 */
export class PartlyMade extends KvmNetworkError {
  readonly reasons: readonly string[];
  id = "";
  /** Not of what is shown of an error: credentials are among them. */
  #properties: Properties;

  constructor(outputs: Properties, cause: Error) {
    super("partly-made", cause.message, { cause });
    this.#properties = outputs;
    this.reasons = [cause.message];
  }

  get properties(): Properties {
    return this.#properties;
  }

  keep(id: string, properties: Properties): void {
    this.id = id;
    this.#properties = properties;
  }
}

/** A change whose answer never came: it may be made, or not. */
export const isUnknown = (error: unknown): error is HostError =>
  error instanceof HostError && error.code === "outcome-unknown";

/** For a change whose outcome may be unknown: what was there before goes with the error. */
export const keepingIfUnknown =
  (outputs: Properties) =>
  (error: unknown): never => {
    throw isUnknown(error) ? new PartlyMade(outputs, error) : error;
  };
