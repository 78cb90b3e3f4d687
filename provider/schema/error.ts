/**
 * The base of every error this package raises on purpose. `code` is stable and tells cases apart;
 * the message says what was wanted, where, what happened, and what to do next.
 */
export class KvmNetworkError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}
