import { KvmNetworkError } from "../schema/error.ts";

/**
 * What a host answered cannot be read: cut off, or not what its commands print. `code` is `facts-unreadable`.
 * Nothing is ever concluded from such an answer.
 */
export class FactsUnreadableError extends KvmNetworkError {
  constructor(host: string, part: string, why: string, options?: ErrorOptions) {
    super(
      "facts-unreadable",
      `The facts of ${host} can't be read: ${part}: ${why}. Nothing was changed. Run again; if it stays, run the named ` +
        "command on the host by hand: its output is not that of a supported version.",
      options,
    );
  }
}

/** The host could not be observed: the observing script ended with an error. `code` is `facts-failed`. */
export class FactsFailedError extends KvmNetworkError {
  constructor(host: string, what: string, status: number, stderr: string) {
    super(
      "facts-failed",
      `Observing ${host} failed: ${what} ended with status ${status}: ${stderr.trim() || "(no message)"}. Nothing was changed. ` +
        (status === 127
          ? "Install the command on the host (Debian: iproute2)."
          : "Run it on the host by hand to see what is wrong."),
    );
  }
}
