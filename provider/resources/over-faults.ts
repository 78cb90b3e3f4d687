import { CommandFailed } from "../host/command-failed.ts";
import type { Host } from "../host/host.ts";
import { HostError } from "../host/host-error.ts";
import { virshProblem } from "../libvirt/virsh.ts";
import { KvmNetworkError } from "../schema/error.ts";
import { libvirtAnswers } from "./libvirt-answers.ts";
import { isUnknown, PartlyMade } from "./partly-made.ts";
import type { Properties } from "./resource-kind.ts";

/** Of one operation: what fails more often is for somebody to look at. */
const faultsBorne = 3;

interface Fault {
  /** What was being done is done, half done, or not done: the connection broke, or libvirt went away. */
  readonly outcome?: Error;
  readonly libvirtIsAway?: boolean;
}

/** A fault that passes, which an error tells of, itself or as the cause of another. */
const faultIn = (error: unknown): Fault | undefined => {
  if (!(error instanceof Error)) return undefined;
  if (isUnknown(error)) return { outcome: error };
  if (error instanceof CommandFailed && virshProblem(error) === "no-daemon")
    return { outcome: error, libvirtIsAway: true };
  if (error instanceof KvmNetworkError && error.code === "libvirt-down") return { libvirtIsAway: true };
  return faultIn(error.cause);
};

/** What keeps from finding out. */
const hidesTheHost = (error: unknown): boolean =>
  error instanceof HostError && ["host-unreachable", "change-under-way", "no-answer"].includes(error.code);

const unresolved = (host: Host, outcome: Error, error: unknown): unknown => {
  if (!(error instanceof Error) || error instanceof PartlyMade) return error;
  const why = error === outcome ? "" : ` Nor could that be found out: ${error.message}`;
  return new HostError(
    "outcome-unknown",
    host.name,
    `${outcome.message}${why} The next \`pulumi up\` looks first, and repeats nothing that is there.`,
    { cause: error },
  );
};

/**
 * Does something that looks at the host first and makes the difference, over faults that pass. An answer that was lost on its way
 * says nothing of what was done: so it is entered again, with what is known by then, and sees. By then what was being done is over
 * (host/supersede.ts), and what was observed before is old. A libvirt that restarts is waited for.
 *
 * @param attempt Is given what is known of the resource, as a state has it; undefined only if nothing was tried yet.
 */
export const overFaults = async <Result>(
  host: Host,
  attempt: (known: Properties | undefined) => Promise<Result>,
  previous?: Properties,
): Promise<Result> => {
  let known = previous;
  let outcome: Error | undefined;
  for (let faults = 1; ; faults += 1) {
    try {
      return await attempt(known);
    } catch (error) {
      const fault = faultIn(error);
      outcome ??= fault?.outcome;
      const passes = fault !== undefined && (!fault.libvirtIsAway || (await libvirtAnswers(host)));
      if (!passes || faults > faultsBorne) {
        const isOpen = fault !== undefined || hidesTheHost(error);
        throw outcome !== undefined && isOpen ? unresolved(host, outcome, error) : error;
      }
      known = { ...known, ...(error instanceof PartlyMade ? error.properties : {}) };
    }
  }
};
