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

/** A host's `ip` does not show its links or routes. `code` is `facts-failed`. */
export class FactsFailedError extends KvmNetworkError {
  constructor(host: string, section: string, status: number, stderr: string) {
    super(
      "facts-failed",
      `Observing the ${section} of ${host} failed: its \`ip\` ended with status ${status}: ` +
        `${stderr.trim().slice(0, 2000) || "(it said nothing)"}. Nothing was changed. ` +
        (status === 127
          ? "Install iproute2 on the host."
          : "It has to know `ip -d -j addr show`: iproute2 4.17 or newer, not busybox's."),
    );
  }
}
