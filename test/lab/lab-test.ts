import test, { type ExecutionContext } from "ava";
import { missingRequirements } from "../../lab/requirements.ts";

/**
 * A test that needs the lab: one after the other within a file. Skipped, with the reason in its title, where this machine
 * cannot run the lab; with CI=true it runs and fails.
 */
export const labTest = labTestOf(await missingRequirements({ libvirt: true, lldp: true }));

/** The same for what else a lab may need: what is missing of it. */
export function labTestOf(problems: readonly string[]) {
  return (title: string, run: (t: ExecutionContext) => Promise<void>): void => {
    if (problems.length === 0 || process.env.CI === "true") test.serial(title, run);
    else test.serial.skip(`${title} (${problems.join("; ")})`, run);
  };
}

let labs = 0;

/** A name that no other test of this machine uses at the same time. */
export function labName(): string {
  labs += 1;
  return `test-${process.pid}-${labs}`;
}
