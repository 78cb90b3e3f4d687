import { setTimeout as delay } from "node:timers/promises";
import { LabError } from "./lab-error.ts";

/** Looks again and again, after a pause, until there is an answer; says what it waited for when the time is over. */
export async function waitUntil<Value>(
  what: string,
  seconds: number,
  look: () => Value | undefined | Promise<Value | undefined>,
  pauseMilliseconds = 20,
): Promise<Value> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const value = await look();
    if (value !== undefined) return value;
    if (performance.now() > deadline) throw new LabError("lab_timeout", `${what}: not within ${seconds} s`);
    await delay(pauseMilliseconds);
  }
}
