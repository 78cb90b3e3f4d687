import { readFileSync } from "node:fs";

/** A process told apart from a later one that got the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Ticks after boot at which it started: field 22 of /proc/PID/stat (proc_pid_stat(5)). */
  readonly startTime: string;
}

/** Reads a line of /proc/PID/stat; undefined when it is none, or of a process that has ended and only waits to be reaped. */
export function parseStat(line: string): ProcessIdentity | undefined {
  // The name in parentheses may hold spaces and parentheses: the fields behind the last one are safe to split.
  const end = line.lastIndexOf(")");
  const fields = line.slice(end + 2).split(" ");
  const startTime = fields[19];
  const pid = Number.parseInt(line, 10);
  if (end < 0 || startTime === undefined || !Number.isInteger(pid) || fields[0] === "Z") return undefined;
  return { pid, startTime };
}

export function identify(pid: number): ProcessIdentity | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return undefined;
  }
}

export function isAlive(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startTime === identity.startTime;
}

/** Kills that very process; one that has ended already is fine. */
export function end(identity: ProcessIdentity): void {
  if (!isAlive(identity)) return;
  try {
    process.kill(identity.pid, "SIGKILL");
  } catch {
    // It ended between the look and the signal.
  }
}
