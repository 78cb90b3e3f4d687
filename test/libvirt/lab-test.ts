import test from "ava";
import { missingRequirements } from "../../lab/requirements.ts";

const missing = await missingRequirements({ libvirt: true, lldp: false });
if (missing.length > 0) process.stderr.write(`This machine can't run the lab: ${missing.join("; ")}\n`);

/** Whether the tests that need a hypervisor run here: not where the lab can't, except in CI, which skips nothing. */
export const labRuns = missing.length === 0 || process.env.CI !== undefined;

/** A test that needs the lab. */
export const labTest = labRuns ? test : test.skip;
