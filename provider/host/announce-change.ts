import { writeSync } from "node:fs";
import { printable } from "../schema/printable.ts";
import { HostError } from "./host-error.ts";

const mostOfALine = 500;

/** How long a reader of standard output may take to make room. */
const fullPipeMilliseconds = 5000;

const writeLine = (line: string): void => {
  let rest = Buffer.from(line);
  const until = performance.now() + fullPipeMilliseconds;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      const full = error instanceof Error && "code" in error && error.code === "EAGAIN";
      if (!full || performance.now() > until) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
};

/**
 * Says on standard output what is about to change on a host, before it does. This is how a provider finds out that its
 * engine is gone: it lives on when the engine is killed, and must not go on changing hosts.
 */
export const announceChange = (host: string, change: string): void => {
  const text = printable(change, mostOfALine);
  try {
    writeLine(`[${printable(host, mostOfALine)}] ${text}\n`);
  } catch (error) {
    throw new HostError(
      "engine-gone",
      host,
      `${host}: not done, for nobody reads our output any more (the engine is gone): ${text}`,
      {
        cause: error,
      },
    );
  }
};
