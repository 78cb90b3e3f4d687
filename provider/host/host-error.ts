import { KvmNetworkError } from "../schema/error.ts";

/** What can go wrong between here and a host. Stable: programs and tests tell cases apart by it. */
export type HostErrorCode =
  /** Nothing answered there, or the session broke before anything was asked. */
  | "host-unreachable"
  /** None of the credentials was accepted, or one can't be used. Tried once. */
  | "authentication-failed"
  /** The host showed another key than the one that is pinned or known. */
  | "host-key-mismatch"
  /** Nothing says which key the host should have. */
  | "host-key-unknown"
  /** The host script that is installed there is of another version, and sudo allows no other. */
  | "helper-differs"
  /** `sudo -n` did not start the host script. */
  | "sudo-refused"
  /** A change was sent and its answer never came: done, half done or not done. Look before doing it again. */
  | "outcome-unknown"
  /** A change whose connection broke is still being made: the host is asked nothing before that ends. */
  | "change-under-way"
  /** A request that changes nothing got no answer in its time. */
  | "no-answer"
  /** Who asked for the change is gone (closed standard output): not sent. */
  | "engine-gone"
  /** Somebody else's transaction was under way on the host for too long: nothing was done. */
  | "host-busy"
  /** A transaction was not confirmed, and the host took it back: its network is as before. */
  | "taken-back"
  /** A transaction was not confirmed, and could not be taken back whole: see to the host. */
  | "not-taken-back"
  /** The host script does not do such a step; nothing of the request was done. */
  | "script-refused"
  /** A command ended with an error. */
  | "command-failed"
  /** A command is not installed on the host. */
  | "command-missing";

/** An error of reaching or asking a host. `host` is the name that the program gave. */
export class HostError extends KvmNetworkError {
  declare readonly code: HostErrorCode;
  readonly host: string;

  constructor(code: HostErrorCode, host: string, message: string, options?: ErrorOptions) {
    super(code, message, options);
    this.host = host;
  }
}
